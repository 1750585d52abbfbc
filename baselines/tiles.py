"""A faster loss for small vocabularies in TRL 1.16's trainers, with the same results bit for bit.

TRL scores tokens through a buffer 32,768 wide whatever the vocabulary, so with 99 tokens each row of it starts on
memory pages of its own. Fitted to the vocabulary, a GRPO step of the tiny policy takes about 10% less, and a step of
stock `SFTTrainer` 20%. This sets the private `trl.trainer.utils._CHUNKED_LOGPROB_CHUNK_SIZE`, which TRL reads at each
loss, and sets it back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from synthgym.baselines.policy import Policy


@contextmanager
def fitted_tiles(policy: Policy) -> Iterator[None]:
    """Train in here: `with fitted_tiles(policy): trainer.train()`."""
    from trl.trainer import utils

    before = utils._CHUNKED_LOGPROB_CHUNK_SIZE
    utils._CHUNKED_LOGPROB_CHUNK_SIZE = min(before, policy.model.get_output_embeddings().weight.shape[0])
    try:
        yield
    finally:
        utils._CHUNKED_LOGPROB_CHUNK_SIZE = before
