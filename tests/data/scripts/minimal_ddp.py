"""Train one layer in several processes that torchrun starts."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def pick_device() -> torch.device:
    """Return this process's accelerator, or the CPU where there is none."""
    if not torch.accelerator.is_available():
        return torch.device("cpu")
    kind = torch.accelerator.current_accelerator()
    index = dist.get_node_local_rank() % torch.accelerator.device_count()
    torch.accelerator.set_device_index(index)
    return torch.device(kind.type, index)


def main() -> None:
    """Fit y = 2 x - 3 on rows that differ from rank to rank."""
    dist.init_process_group()
    rank, size = dist.get_rank(), dist.get_world_size()
    device = pick_device()
    print(f"rank {rank} of {size} on {device} with torch {torch.__version__}")

    torch.manual_seed(rank)
    model = DistributedDataParallel(nn.Linear(1, 1).to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(100):
        x = torch.randn(64, 1, device=device)
        loss = nn.functional.mse_loss(model(x), 2 * x - 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    weights = torch.cat([each.detach().flatten() for each in model.parameters()])
    everywhere = [torch.empty_like(weights) for _ in range(size)]
    dist.all_gather(everywhere, weights)
    spread = max((each - weights).abs().max().item() for each in everywhere)
    print(f"rank {rank}: slope {weights[0]:.3f}, offset {weights[1]:.3f}")
    print(f"rank {rank}: weights differ by {spread:.6f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
