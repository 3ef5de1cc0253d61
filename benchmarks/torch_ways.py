"""Ways with PyTorch: eager and compiled, with fused optimizers, and channels last where that is faster.

The examples lie in memory as one tensor; a batch is gathered by a permutation and divided by 255.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from tasks import TASKS, Task, learning_rate
from torch import nn
from torch.nn import functional
from turns import Turns

# Convolutional networks: PyTorch's guide advises channels last for them on a CPU
CHANNELS_LAST = ("cnn", "dcgan", "autoencoder.conv", "deblur-generator", "cnn-vis")


class CNN(nn.Module):
    def __init__(self, task: Task) -> None:
        super().__init__()
        rank, channels = len(task.shape) - 1, task.shape[-1]
        convolution, norm, pooling, dropout = (
            getattr(nn, f"{name}{rank}d") for name in ("Conv", "BatchNorm", "MaxPool", "Dropout")
        )
        layers: list[nn.Module] = []
        for filters in task.settings["filters"]:
            for _ in range(task.settings.get("convolutions", 2)):
                size = task.settings.get("kernel_size", 3)
                layers += [convolution(channels, filters, size, padding="same", bias=False)]
                layers += [norm(filters, eps=1e-3, momentum=0.1), nn.ReLU()]
                channels = filters
            layers += [pooling(2), dropout(0.1)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(channels, task.classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).flatten(2).mean(-1))


def mlp(task: Task) -> nn.Module:
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs in (784, 1024):
        layers += [nn.Linear(inputs, 1024), nn.BatchNorm1d(1024, eps=1e-3)]
        layers += [nn.ReLU(), nn.Dropout(0.4)]
    return nn.Sequential(*layers, nn.Linear(1024, task.classes))


def dense_chain(sizes: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.SiLU()]
    return layers


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), *dense_chain((784, 512, 256)))
        self.mean, self.log_var = nn.Linear(256, 2), nn.Linear(256, 2)
        self.decoder = nn.Sequential(*dense_chain((2, 256, 512)), nn.Linear(512, 784))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        h = self.encoder(x)
        mean, log_var = self.mean(h), self.log_var(h)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(mean)
        return self.decoder(z), mean, log_var


class Same(nn.Module):
    """Crop or pad at the bottom and on the right, as the zoo's padding does for even sizes."""

    def __init__(self, crop: int) -> None:
        super().__init__()
        self.crop = crop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., : -self.crop, : -self.crop]


def autoencoder_conv() -> nn.Module:
    layers: list[nn.Module] = []
    for inputs, filters in ((1, 16), (16, 32), (32, 8)):
        layers += [nn.Conv2d(inputs, filters, 3, padding=1)]
        layers += [nn.ReLU()] if filters > 8 else []
        layers += [nn.MaxPool2d(2, ceil_mode=True)]
    for inputs, filters, crop in ((8, 8, 1), (8, 32, 0), (32, 16, 0)):
        layers += [
            nn.ConvTranspose2d(inputs, filters, 3, 2, padding=1, output_padding=1),
            nn.ReLU(),
        ]
        layers += [Same(crop)] if crop else []
    return nn.Sequential(*layers, nn.Conv2d(16, 1, 3, padding=1))


def autoencoder_simple() -> nn.Module:
    layers = nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 784)
    return nn.Sequential(*layers, nn.Unflatten(1, (1, 28, 28)))


class Generator(nn.Module):
    """The residual network of deblur-gan."""

    def __init__(self) -> None:
        super().__init__()
        convolve = partial(nn.Conv2d, kernel_size=3, padding=1)
        norm = partial(nn.InstanceNorm2d, affine=True, eps=1e-3)

        def block(inputs: int, filters: int, stride: int = 1) -> nn.Sequential:
            return nn.Sequential(convolve(inputs, filters, stride=stride), norm(filters), nn.ReLU())

        self.first, self.second, self.third = block(3, 16), block(16, 32, 2), block(32, 64, 2)
        self.blocks = nn.ModuleList(
            nn.Sequential(block(64, 64), convolve(64, 64), norm(64)) for _ in range(9)
        )
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.fourth, self.fifth, self.last = block(64, 32), block(32, 16), convolve(16, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        first = self.first(2 * image - 1)
        second = self.second(first)
        x = self.third(second)
        for block in self.blocks:
            x = x + block(x)
        x = self.fourth(self.enlarge(x)) + second
        x = self.fifth(self.enlarge(x)) + first
        return image + self.last(x)


def dcgan() -> tuple[nn.Module, nn.Module]:
    norm, same = partial(nn.BatchNorm2d, eps=1e-3), {"kernel_size": 4, "stride": 2, "padding": 1}
    generator = nn.Sequential(
        nn.Linear(64, 6272, bias=False), nn.BatchNorm1d(6272, eps=1e-3), nn.ReLU(),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, **same), norm(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, **same), nn.Sigmoid(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, **same), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, **same), norm(128), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(6272, 1),
    )  # fmt: skip
    return generator, discriminator


def batches(task: Task) -> Callable[[], Iterator[tuple[torch.Tensor, torch.Tensor]]]:
    """Return a function that yields an epoch's batches, in a new order each time."""
    if task.model == "cnn-vis":
        return lambda: iter([(torch.zeros(()), torch.zeros(()))] * task.steps)
    values, labels = map(torch.from_numpy, task.data())
    values = torch.movedim(values, -1, 1)
    layout = torch.contiguous_format
    if task.model in CHANNELS_LAST and values.dim() > 3:
        layout = torch.channels_last if values.dim() == 4 else torch.channels_last_3d
    values = values.contiguous(memory_format=layout)

    def epoch() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for places in torch.randperm(task.examples).split(task.batch):
            x = values[places]
            yield (x.float().div_(255) if task.eight_bits else x), labels[places]

    return epoch


def adam(weights: list[nn.Parameter], rate: float, decay: float = 0.0, **extras: Any) -> Any:
    """Return a fused Adam; weight decay, which Keras decouples from the rate too, is for matrices only."""
    groups = [
        {"params": [w for w in weights if w.dim() > 1], "weight_decay": decay},
        {"params": [w for w in weights if w.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, rate, eps=1e-7, fused=True, **extras)


def in_layout(task: Task, network: nn.Module) -> nn.Module:
    if task.model in CHANNELS_LAST and len(task.shape) > 2:
        network.to(
            memory_format=torch.channels_last if len(task.shape) == 3 else torch.channels_last_3d
        )
    return network.train()


Update = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # a batch -> the metrics, added up


def loss_function(task: Task) -> tuple[nn.Module, Callable[..., torch.Tensor], float, float]:
    """Return the network, the function of network, inputs and labels to metrics, the rate and the decay."""
    entropy = functional.cross_entropy

    def classify(network: Any, x: Any, y: Any, smoothing: float) -> torch.Tensor:
        logits = network(x)
        loss = entropy(logits, y, label_smoothing=smoothing)
        return torch.stack([loss, (logits.detach().argmax(-1) == y).float().mean()])

    def reconstruct(network: Any, x: Any, y: Any) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(network(x), x)[None]

    def bound(network: Any, x: Any, y: Any) -> torch.Tensor:
        logits, mean, log_var = network(x)
        cross = functional.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="none")
        reconstruction = cross.sum(1).mean()
        kl = (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean() / 2
        return torch.stack([reconstruction + kl, reconstruction, kl])

    def difference(network: Any, x: Any, y: Any) -> torch.Tensor:
        return functional.l1_loss(network(x), x)[None]

    if task.model == "cnn":
        return CNN(task), partial(classify, smoothing=0.0), 2e-3, 1e-4
    if task.model == "mlp.mnist":
        return mlp(task), partial(classify, smoothing=0.1), 2e-3, 0.01
    if task.model == "vae":
        return VAE(), bound, 2e-3, 0.0
    if task.model == "deblur-generator":
        return Generator(), difference, 1e-3, 0.0
    network = autoencoder_simple() if task.model == "autoencoder.simple" else autoencoder_conv()
    return network, reconstruct, 1e-2, 0.0


def plain_update(task: Task, turns: Turns, compiled: bool) -> Update:
    network, loss_of, peak, decay = loss_function(task)
    in_layout(task, network)
    weights = list(network.parameters())
    turns.about["parameters"] = sum(w.numel() for w in weights)
    optimizer = adam(weights, peak, decay)
    steps = task.steps * turns.epochs
    warmup = 0.05 if task.classes else 0.0
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(step, steps, 1.0, warmup)
    )
    forward = torch.compile(loss_of) if compiled else loss_of

    def update(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        metrics = forward(network, x, y)
        optimizer.zero_grad(set_to_none=True)
        metrics[0].backward()
        optimizer.step()
        schedule.step()
        return metrics.detach()

    return update


def dcgan_update(task: Task, turns: Turns, compiled: bool) -> Update:
    """Return a step with one pass of the discriminator over the generated images, for both losses."""
    generator, discriminator = networks = [in_layout(task, each) for each in dcgan()]
    turns.about["parameters"] = sum(w.numel() for each in networks for w in each.parameters())
    weights = [list(each.parameters()) for each in networks]
    optimizers = [adam(each, 2e-4, betas=(0.5, 0.999)) for each in weights]
    state = [w for w in generator.state_dict().values() if w.is_floating_point()]
    average = [w.detach().clone() for w in state]
    softplus = functional.softplus

    def losses(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        images = generator(torch.randn(task.batch, 64))
        real, fake = discriminator(x), discriminator(images)
        on_real = 0.9 * softplus(-real) + 0.1 * softplus(real)
        theirs = on_real.mean() + softplus(fake).mean()
        means = torch.stack([real.detach().mean(), fake.detach().mean()])
        return softplus(-fake).mean(), theirs, means

    if compiled:
        torch._functorch.config.donated_buffer = False  # the graph is read twice
        losses = torch.compile(losses)

    def update(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        ours, theirs, means = losses(x)
        of_discriminator = torch.autograd.grad(theirs, weights[1], retain_graph=True)
        of_generator = torch.autograd.grad(ours, weights[0])
        for optimizer, own, gradients in zip(
            optimizers, weights, (of_generator, of_discriminator), strict=True
        ):
            for weight, gradient in zip(own, gradients, strict=True):
                weight.grad = gradient
            optimizer.step()
        torch._foreach_lerp_(average, state, 0.001)
        return torch.cat([torch.stack([theirs.detach(), ours.detach()]), means])

    return update


def vis_update(task: Task, turns: Turns, compiled: bool) -> Update:
    """Return a step of Adam that raises in image i the mean of channel i of a frozen network."""
    features = in_layout(task, CNN(TASKS["cnn"]).features)
    *_, last = (at for at, layer in enumerate(features) if isinstance(layer, nn.Conv2d))
    network = features[: last + 1].eval().requires_grad_(False)
    w = (0.5 + 0.01 * torch.randn(task.batch, 1, 28, 28)).requires_grad_()
    turns.about["parameters"] = w.numel()
    optimizer = torch.optim.Adam([w], 0.05, fused=True)

    def loss_of(w: torch.Tensor) -> torch.Tensor:
        return -network(w).mean((2, 3)).diagonal().sum()

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def update(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        loss = loss_of(w)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            w.clamp_(0, 1)
        return loss.detach()[None]

    return update


UPDATES = {"dcgan": dcgan_update, "cnn-vis": vis_update}


def train(task: Task, turns: Turns, compiled: bool) -> None:
    torch.manual_seed(0)
    torch.set_flush_denormal(True)  # as TensorFlow does
    capability = torch.backends.cpu.get_cpu_capability()
    turns.about["versions"] = f"PyTorch {torch.__version__} ({capability})"
    update = UPDATES.get(task.model, plain_update)(task, turns, compiled)
    epoch = batches(task)
    for _ in range(turns.epochs):
        turns.begin_epoch()
        total = 0.0
        for x, y in epoch():
            total = total + update(x, y)
        assert torch.isfinite(total).all()
    turns.begin_epoch()


train_eager, train_compiled = partial(train, compiled=False), partial(train, compiled=True)
