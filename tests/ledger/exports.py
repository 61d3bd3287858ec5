"""Exports of CVAT: XML, and archives, for tests."""

import zipfile

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>batch 1</name><labels><label><name>cat</name></label></labels></task></meta>
"""

IMAGE = '  <image id="{number}" name="{name}" width="640" height="480">{inside}</image>\n'


def tag(label, source="manual"):
    return f'<tag label="{label}" source="{source}"></tag>'


def xml(*images):
    return (
        HEAD
        + "".join(
            IMAGE.format(number=number, name=name, inside=inside)
            for number, (name, inside) in enumerate(images)
        )
        + "</annotations>\n"
    )


def file(tmp_path, content, name="annotations.xml"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def archive(tmp_path, members, name="export.zip", compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", compression) as opened:
        for member, content in members.items():
            opened.writestr(member, content)
    return path
