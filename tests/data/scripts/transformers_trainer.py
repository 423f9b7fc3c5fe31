"""Train a tiny transformer from scratch with the Trainer of transformers."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    EvalPrediction,
    Trainer,
    TrainingArguments,
)

VOCABULARY = 32
LENGTH = 16


class Sentences(Dataset):
    """Random words; a sentence is of class 1 when word 5 is in it."""

    def __init__(self, count: int, seed: int) -> None:
        random = torch.Generator().manual_seed(seed)
        self._words = torch.randint(6, VOCABULARY, (count, LENGTH), generator=random)
        self._labels = torch.arange(count) % 2
        places = torch.randint(0, LENGTH, (count,), generator=random)
        marked = self._labels.bool()
        self._words[marked, places[marked]] = 5

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        words = self._words[index]
        return {
            "input_ids": words,
            "attention_mask": torch.ones_like(words),
            "labels": self._labels[index],
        }


def accuracy(predicted: EvalPrediction) -> dict[str, float]:
    """Return the share of sentences whose class was found."""
    found = np.argmax(predicted.predictions, axis=-1)
    return {"accuracy": float((found == predicted.label_ids).mean())}


def main() -> None:
    """Train, evaluate, save, and load what was saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("transformer"))
    asked = parser.parse_args()
    settings = TrainingArguments(
        output_dir=str(asked.output),
        num_train_epochs=6,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=64,
        learning_rate=3e-3,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        use_cpu=not torch.cuda.is_available(),
        report_to="none",
        disable_tqdm=True,
        seed=1,
    )
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=LENGTH,
            num_labels=2,
        )
    )
    trainer = Trainer(
        model=model,
        args=settings,
        train_dataset=Sentences(1024, seed=1),
        eval_dataset=Sentences(256, seed=2),
        compute_metrics=accuracy,
    )
    trainer.train()
    found = trainer.evaluate()["eval_accuracy"]
    print(
        f"rank {settings.process_index} of {settings.world_size}: accuracy {found:.3f}"
    )
    trainer.save_model()
    if trainer.is_world_process_zero():
        loaded = BertForSequenceClassification.from_pretrained(asked.output)
        print(f"saved and loaded {loaded.num_parameters()} parameters")


if __name__ == "__main__":
    main()
