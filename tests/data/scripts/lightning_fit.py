"""Fit handwritten digits with Lightning on several nodes."""

import argparse
import os
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchmetrics.classification import MulticlassAccuracy


class Digits(lightning.LightningDataModule):
    """Images of 8 by 8 pixels, four fifths of them to learn from."""

    def setup(self, stage: str) -> None:
        images, labels = load_digits(return_X_y=True)
        pixels = torch.tensor(images, dtype=torch.float32) / 16
        data = TensorDataset(pixels, torch.tensor(labels))
        random = torch.Generator().manual_seed(0)
        self._train, self._held_out = random_split(data, [0.8, 0.2], generator=random)

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self._train, batch_size=32, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self._held_out, batch_size=64)


class Classifier(lightning.LightningModule):
    """Two layers."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.save_hyperparameters()
        self._layers = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10)
        )
        self._accuracy = MulticlassAccuracy(10, average="micro")

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        pixels, labels = batch
        loss = nn.functional.cross_entropy(self._layers(pixels), labels)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        pixels, labels = batch
        self._accuracy(self._layers(pixels), labels)
        self.log("accuracy", self._accuracy, on_epoch=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=3e-3)


def main() -> None:
    """Fit, and load the best checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-nodes", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("lightning"))
    asked = parser.parse_args()
    lightning.seed_everything(1)
    best = ModelCheckpoint(
        asked.output, filename="best", monitor="accuracy", mode="max"
    )
    trainer = lightning.Trainer(
        accelerator="cpu",
        devices=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        num_nodes=asked.num_nodes,
        strategy="ddp",
        max_epochs=8,
        callbacks=[best],
        default_root_dir=asked.output,
        enable_progress_bar=False,
        logger=False,
    )
    trainer.fit(Classifier(), datamodule=Digits())
    print(f"rank {trainer.global_rank} of {trainer.world_size} has fitted")
    if trainer.is_global_zero:
        loaded = Classifier.load_from_checkpoint(best.best_model_path)
        print(
            f"best accuracy {best.best_model_score:.3f}, width {loaded.hparams.width}"
        )


if __name__ == "__main__":
    main()
