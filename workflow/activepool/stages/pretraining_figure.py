from functools import partial

from activepool.programs.stage import Input, Output, stage


@stage
def pretraining_figure(curve: Input, pdf: Output, png: Output) -> None:
    """Draw the curve of a pretraining.

    Args:
        curve: pretrain.csv
        pdf: PDF to write
        png: PNG to write
    """
    from activepool.figures.export import write_drawing
    from activepool.figures.pretraining import draw, read_curve

    write_drawing(partial(draw, read_curve(curve)), pdf, png)


if __name__ == "__main__":
    pretraining_figure.run()
