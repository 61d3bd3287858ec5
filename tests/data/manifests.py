"""Manifests, for tests."""


def write(root, *rows, name="samples.csv", header="path,label,split"):
    path = root / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path
