"""The shell: the group `zoo` of all commands, and how errors are shown.

Nothing heavy is imported before a command needs it. A ZooError becomes a line or two and its exit
code: 2 where the request is wrong, 1 where a job failed.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import warnings
from typing import Any, NoReturn

import click

from zoo.cli import (
    catalog_commands,
    export_commands,
    interpret_commands,
    page_command,
    run_commands,
    train_command,
)
from zoo.cli.output import Commands
from zoo.cli.plugins import check_command, new_command, plugin_commands
from zoo.cli.process.stops import exit_code, stop_as_ctrl_c_does
from zoo.cli.process.streams import flush_streams, make_streams_forgiving
from zoo.cli.weights import publication_commands, weights_commands
from zoo.cli.workers import sweep_command
from zoo.environment import shows_tracebacks
from zoo.errors import ZooError, brief, format_error
from zoo.io.printable import printable


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="keras-zoo")
def zoo() -> None:
    """Classic neural architectures by name: train them, and export them proved equal."""


for command in (
    *catalog_commands.COMMANDS,
    *plugin_commands.COMMANDS,
    train_command.train,
    sweep_command.sweep,
    *run_commands.COMMANDS,
    *export_commands.COMMANDS,
    *interpret_commands.COMMANDS,
    page_command.page,
    *weights_commands.COMMANDS,
    *publication_commands.COMMANDS,
    check_command.check,
    new_command.new,
):
    zoo.add_command(command)


def main() -> NoReturn:
    """Run the command line; a mistake of the user's is shown as a message without a traceback."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    make_streams_forgiving()
    stop_as_ctrl_c_does()
    warnings.showwarning = _show_warning
    _show_log()
    try:
        zoo(standalone_mode=False)
    except ZooError as error:
        _fail(str(error), error.exit_code, error)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, click.Abort) as error:
        _fail("Stopped.", exit_code(error))
    except OSError as error:  # a folder that cannot be read, a disk that is full
        _fail(_describe_os_error(error), 1, error)
    except Exception as error:  # an error that nobody foresaw
        where = "" if shows_tracebacks() else " ZOO_TRACEBACK=1 shows where."
        _fail(f"{format_error(error)}. The zoo or a plug-in did not expect this.{where}", 1, error)
    finally:
        gc.freeze()  # collecting what TensorFlow leaves would take a second at exit
    if lost := flush_streams():
        _fail(f"The output could not be written: {lost.strerror}.", 1)
    sys.exit(0)


def _describe_os_error(error: OSError) -> str:
    """Return what the system says, with the name of the file where it has one; it may be too long for one."""
    name = str(error.filename or "")
    name = name if len(name) <= 1000 else brief(name)
    return ": ".join(str(each) for each in (name, error.strerror or error) if each) + "."


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning in a line, without the place in the code that it comes from."""
    click.echo(f"Warning: {printable(str(message))}", err=True)


def _show_log() -> None:
    """Show what the zoo logs, such as where weights come from, in a line on standard error."""
    logger = logging.getLogger("zoo")
    if not logger.handlers:
        logger.addHandler(_ShowOnStandardError())
        logger.setLevel(logging.INFO)
    logger.propagate = (
        False  # some libraries give the root logger a handler, which would say it again
    )


class _ShowOnStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Show a message in a line."""
        click.echo(printable(record.getMessage()), err=True)


def _fail(message: str, code: int, error: BaseException | None = None) -> NoReturn:
    if error is not None and shows_tracebacks():
        raise error
    click.echo(f"Error: {printable(message)}", err=True)
    sys.exit(code)
