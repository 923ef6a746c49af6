"""Settings that hold for every test: the CPU, seen as two devices; equal programs compiled once."""

import os
import signal
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = (
    f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2".strip()
)

import jax  # noqa: E402
import pytest  # noqa: E402

# Most of the time of the tests is spent in XLA's compiler. Processes that tests start do without
# the cache, since some of them are killed while they would write to it.
jax.config.update("jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".cache" / "jax"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

# A shell that starts the tests in the background lets them ignore what Ctrl-C sends.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _programs_of_one_module():
    """Let go of compiled programs: Linux grants a process only so many mappings of memory."""
    yield
    jax.clear_caches()


def pytest_configure(config):
    """Compile quickly in the quick selection; all tests together meet programs as users do."""
    if config.option.markexpr == "not slow":
        os.environ["XLA_FLAGS"] += " --xla_backend_optimization_level=0"
