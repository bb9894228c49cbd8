"""A warehouse that cannot be had because somebody else has it."""

from tracker.errors import Retry


class Held(Retry):
    """Somebody else has the warehouse of a sink; `remedy` is what a person can do, in a sentence."""

    def __init__(self, sink: str, cause: Retry, remedy: str) -> None:
        super().__init__(sink, cause, remedy)
        self.sink, self.cause, self.remedy = sink, cause, remedy

    def __str__(self) -> str:
        return f"sink {self.sink}: {self.cause}\n{self.remedy}"
