"""Letters handed to a local `sendmail`: Postfix, Exim, OpenSMTPD and msmtp have one.

The program is started with a list of arguments, never through a shell.
"""

import subprocess
from collections.abc import Sequence
from typing import Self

from digest.core.models.delivery import Deferred, Envelope, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryError
from digest.mail.transports.smtp_reply import MOST_WORDS
from digest.printable import printable_line

# sysexits.h
_REFUSED = {65: "EX_DATAERR", 67: "EX_NOUSER", 68: "EX_NOHOST"}
_LATER = {69: "EX_UNAVAILABLE", 71: "EX_OSERR", 74: "EX_IOERR", 75: "EX_TEMPFAIL"}


class SendmailTransport:
    """A program that takes a letter on its standard input.

    Args:
        command: the program and its own arguments; `-i -f SENDER -- RECIPIENT` are added.
        timeout: seconds that it may take for one letter.

    Raises:
        DeliveryError: on sending, when it cannot be started or refuses to work at all.
    """

    def __init__(self, command: Sequence[str], *, timeout: float) -> None:
        self._command = tuple(command)
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Runs the program once; its exit code says what became of the letter."""
        del following
        arguments = [*self._command, "-i", "-f", sender, "--", recipient]
        program = self._command[0]
        try:
            done = subprocess.run(  # noqa: S603 - the operator names the program
                arguments,
                input=message.replace(b"\r\n", b"\n"),  # it takes lines as files have them
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return InDoubt(reason=f"{program} did not end within {self._timeout:g} seconds")
        except OSError as error:
            raise DeliveryError(
                f"{program} cannot be started ({error.strerror}); correct DIGEST_DELIVERY"
            ) from error
        said = printable_line(done.stdout.decode("utf-8", "replace"), limit=MOST_WORDS)
        if done.returncode == 0:
            return Sent(reply=said or f"taken by {program}")
        if done.returncode < 0:
            return InDoubt(reason=f"{program} was ended by signal {-done.returncode}: {said}")
        if name := _REFUSED.get(done.returncode):
            return Refused(reason=f"{name} from {program}: {said}")
        if name := _LATER.get(done.returncode):
            return Deferred(reason=f"{name} from {program}: {said}")
        raise DeliveryError(
            f"{program} ended with code {done.returncode}: {said or 'it said nothing'}; "
            "correct its set-up, or DIGEST_DELIVERY"
        )
