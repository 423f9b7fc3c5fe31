"""Shard a model over processes; save it as a distributed checkpoint and load it."""

import argparse
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    RowwiseParallel,
    parallelize_module,
)


def build(mesh: DeviceMesh, seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Return a model whose layers are split over the mesh, and its optimizer."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    parallelize_module(model, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})
    return model, torch.optim.AdamW(model.parameters(), lr=1e-2)


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> float:
    """Fit the sum of eight numbers; return the last loss."""
    torch.manual_seed(3)
    for _ in range(steps):
        x = torch.randn(64, 8)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def states(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, object]:
    """Return what a checkpoint holds."""
    model_state, optimizer_state = get_state_dict(model, optimizer)
    return {"model": model_state, "optimizer": optimizer_state}


def main() -> None:
    """Train, save, and load into a model that starts from other weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint"))
    asked = parser.parse_args()
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    mesh = init_device_mesh("cpu", (size,), mesh_dim_names=("tensor",))

    model, optimizer = build(mesh, seed=1)
    weight = model[0].weight
    assert isinstance(weight, DTensor)
    print(f"rank {rank} of {size} holds {tuple(weight.to_local().shape)} of (64, 8)")
    first = train(model, optimizer, steps=1)
    last = train(model, optimizer, steps=200)
    print(f"rank {rank}: loss {first:.4f} fell to {last:.4f}")
    dcp.save(states(model, optimizer), checkpoint_id=asked.checkpoint)

    again, fresh = build(mesh, seed=2)
    loaded = states(again, fresh)
    dcp.load(loaded, checkpoint_id=asked.checkpoint)
    set_state_dict(
        again,
        fresh,
        model_state_dict=loaded["model"],
        optim_state_dict=loaded["optimizer"],
    )
    pairs = zip(model.parameters(), again.parameters(), strict=True)
    same = all(torch.equal(a.to_local(), b.to_local()) for a, b in pairs)
    print(f"rank {rank}: loaded weights are the saved ones: {same}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
