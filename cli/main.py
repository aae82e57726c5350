"""`journeys`: runs the embedded stack, shows it at work, and does by hand what operators need."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from cli.api_processes import run_api_processes
from cli.database import upgrade_database
from cli.demo.run import run_demo
from cli.dev import run_dev
from cli.errors import CommandError, Interrupted
from cli.event_file import read_event
from cli.message_preview import MessageChoice
from cli.message_render import print_message
from cli.parent_death import terminate_with_parent
from cli.purge import parse_age, purge_database
from cli.reencrypt import reencrypt_database
from cli.store_apply import apply_stores
from cli.store_plans import read_store_plans
from cli.template_check import check_templates, print_checks
from cli.worker_processes import run_worker_processes
from settings import load_settings

app = typer.Typer(
    help="Comeback: recovery journeys over WhatsApp. Variables such as DATA_DIR and API_PORT "
    "say where everything is; see README.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
store = typer.Typer(help="Register and change stores.", no_args_is_help=True)
message = typer.Typer(help="Preview messages before they are sent.", no_args_is_help=True)
template = typer.Typer(help="Check templates at Meta.", no_args_is_help=True)
database = typer.Typer(help="Maintain the database.", no_args_is_help=True)
app.add_typer(store, name="store")
app.add_typer(message, name="message")
app.add_typer(template, name="template")
app.add_typer(database, name="database")

ApiUrl = Annotated[
    str | None,
    typer.Option(help="Where the API is.", show_default="from API_HOST and API_PORT"),
]

EndWithParent = Annotated[
    bool, typer.Option(hidden=True, help="Stop when the process that started this one dies.")
]


@app.command()
def dev(end_with_parent: EndWithParent = False) -> None:
    """Run Temporal with its Web UI, the API and a worker on this machine, until stopped.

    State is kept in DATA_DIR and survives a restart; so does the admin token, which is printed.
    A process that dies is started again. Logs are in DATA_DIR/logs.
    """
    _run_stack_command(run_dev(load_settings()), end_with_parent=end_with_parent)


@app.command()
def demo(end_with_parent: EndWithParent = False) -> None:
    """Watch journeys from the first event to the end, in seconds instead of hours.

    Runs the stack of `dev` afresh in DATA_DIR/demo, with stand-ins for Meta and for a partner,
    and posts events as a partner would. Exit code 1 when a journey does not end as expected.
    """
    _run_stack_command(run_demo(load_settings()), end_with_parent=end_with_parent)


@app.command()
def api(
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; one keeps about one core busy.")
    ] = 1,
    end_with_parent: EndWithParent = False,
) -> None:
    """Run the API as several processes on one address until stopped.

    One that dies is started again. `/metrics` at that address is of whichever process answers; with
    API_METRICS_PORT the first serves its own there, the others on the ports after it.
    """
    _run_stack_command(run_api_processes(load_settings(), workers), end_with_parent=end_with_parent)


@app.command()
def worker(
    processes: Annotated[
        int, typer.Option(min=1, max=256, help="How many; one keeps about one core busy.")
    ] = 1,
    end_with_parent: EndWithParent = False,
) -> None:
    """Run worker processes on this machine until stopped, as `python worker.py` runs one.

    One that dies is started again. SIGTERM ends all of them; each finishes what it sends. With
    WORKER_METRICS_PORT the first serves its metrics there, the others on the ports after it.
    """
    _run_stack_command(
        run_worker_processes(load_settings(), processes), end_with_parent=end_with_parent
    )


@store.command("apply")
def store_apply(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="YAML: `store_id` and the configuration, or several of them under `stores`.",
        ),
    ],
    api_url: ApiUrl = None,
) -> None:
    """Create or replace stores through the API, as `PUT /v1/stores/{store_id}` does.

    The admin token is ADMIN_TOKEN, or else the one that `journeys dev` keeps in DATA_DIR. The
    key and the secret of a new store are shown this once.
    """
    try:
        applied = apply_stores(file, api_url, load_settings(), typer.echo)
    except CommandError as error:
        _fail(error)
    raise typer.Exit(0 if applied else 1)


@message.command("render")
def message_render(  # noqa: PLR0913, PLR0917  # a command's options
    plan: Annotated[str, typer.Option(help="The kind of event that the plan is for.")],
    event: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="JSON, as a partner posts it.")
    ],
    step: Annotated[int, typer.Option(min=1, help="Which message of the plan.")] = 1,
    fallback: Annotated[
        int, typer.Option(min=0, help="Which fallback of the step; 0 is its own message.")
    ] = 0,
    variant: Annotated[
        str | None, typer.Option(help="Which variant of the plan; the first one by default.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Which store; its configuration is read from the API.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Take the store from a file as `store apply` does."
        ),
    ] = None,
    api_url: ApiUrl = None,
) -> None:
    """Print the JSON that Meta or a channel would get, and how it reads. Nothing is sent.

    Exit code 1 when the message would not be sent: every missing field is named.
    """
    try:
        plans = read_store_plans(store, config, api_url, load_settings())
        choice = MessageChoice(plan, step, fallback, variant)
        complete = print_message(plans, choice, read_event(event), Console())
    except CommandError as error:
        _fail(error)
    raise typer.Exit(0 if complete else 1)


@template.command("check")
def template_check(
    store: Annotated[str | None, typer.Option(help="Which store; without it all of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the templates of plans with what Meta has, as the daily check does.

    Needs the environment of the API. Exit code 1 when something does not fit, or when Meta does
    not list the templates.
    """
    try:
        checked = asyncio.run(check_templates(load_settings(), store))
    except CommandError as error:
        _fail(error)
    raise typer.Exit(0 if print_checks(checked, typer.echo, as_json=as_json) else 1)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring DATABASE_URL up to the schema of this version. Safe to repeat."""
    _run(upgrade_database(load_settings().database))
    typer.echo("the database is up to date")


@database.command("purge")
def database_purge(
    older_than: Annotated[str, typer.Option(help="How old, such as 30d; 8d at least.")],
) -> None:
    """Forget what is old and no longer needed, beside the running program. Safe to repeat.

    Deletes events and quarantined bodies; empties why closed journeys decided what, and Meta's
    message ids. What an open journey may need stays, and so do opt-outs and figures.
    """
    settings = load_settings()
    try:
        purged = asyncio.run(purge_database(settings, parse_age(older_than)))
    except CommandError as error:
        _fail(error)
    typer.echo(
        f"deleted {purged.events} events and {purged.quarantined} quarantined bodies; "
        f"emptied {purged.journeys} journeys, {purged.messages} messages and {purged.orders} orders"
    )


@database.command("reencrypt")
def database_reencrypt() -> None:
    """Encrypt stores' secrets by the first of SECRET_KEYS, beside the running program.

    Afterwards the other keys are not needed. Safe to stop and to repeat.
    """
    try:
        done = asyncio.run(reencrypt_database(load_settings()))
    except CommandError as error:
        _fail(error)
    typer.echo(f"encrypted {done.secrets} secrets of {done.stores} stores")


def _run_stack_command(work: Coroutine[Any, Any, None], *, end_with_parent: bool) -> None:
    if end_with_parent:
        terminate_with_parent()
    try:
        _run(work)
    except Interrupted as interrupted:
        raise typer.Exit(interrupted.exit_code) from None


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except CommandError as error:
        _fail(error)


def _fail(error: CommandError) -> NoReturn:
    typer.echo(f"journeys: {error}", err=True)
    raise typer.Exit(1)
