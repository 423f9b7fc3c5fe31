"""Load large samples in worker processes, which hand them over in shared memory."""

import torch
from torch.utils.data import DataLoader, Dataset

SAMPLE_BYTES = 20 * 1024 * 1024


class Volumes(Dataset[torch.Tensor]):
    """Samples of 20 MiB, as medical volumes or long videos are."""

    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((SAMPLE_BYTES // 4,), float(index))


def main() -> None:
    """Read all samples, two to a batch, from two workers that read ahead."""
    loader = DataLoader(Volumes(), batch_size=2, num_workers=2, prefetch_factor=2)
    total, batches = 0.0, 0
    for batch in loader:
        assert batch.is_shared()
        total += batch[:, 0].sum().item()
        batches += 1
    print(f"{batches} batches of {batch.nbytes // 1024**2} MiB, sum {total:.0f}")


if __name__ == "__main__":
    main()
