using System.Threading.Channels;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

public sealed class WatchdogTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Notifier _notifier = new();

    [Test]
    public async Task Twice_per_interval_it_says_that_the_loop_has_turned()
    {
        using Watchdog watchdog = Create(() => Task.CompletedTask);
        await watchdog.StartAsync(CancellationToken.None);

        _time.Advance(Interval / 2);
        await _notifier.Next();
        _time.Advance(Interval / 2);
        await _notifier.Next();

        Assert.That(_notifier.States, Is.EqualTo((string[])["WATCHDOG=1", "WATCHDOG=1"]));
        await watchdog.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task A_loop_that_hangs_is_given_no_sign_of_life()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using Watchdog watchdog = Create(() =>
        {
            asked.SetResult();
            return new TaskCompletionSource().Task;
        });
        await watchdog.StartAsync(CancellationToken.None);

        _time.Advance(Interval / 2);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        _time.Advance(10 * Interval);

        await watchdog.StopAsync(CancellationToken.None);
        Assert.That(_notifier.States, Is.Empty);
    }

    [TestCase("200000", null, 200.0)]
    [TestCase("200000", "", 200.0)]
    [TestCase("200000", "42", 200.0)]
    [TestCase("200000", "43", null)]
    [TestCase("0", "42", null)]
    [TestCase("-1", "42", null)]
    [TestCase("x", "42", null)]
    [TestCase(null, null, null)]
    [TestCase("9223372036854775807", null, null)]
    public void The_interval_is_read_if_this_process_is_meant(string? microseconds, string? process, double? milliseconds) =>
        Assert.That(ServiceManager.ReadInterval(microseconds, process, 42)?.TotalMilliseconds, Is.EqualTo(milliseconds));

    private Watchdog Create(Func<Task> ping) => new(ping, new ServiceManager(_notifier, Interval), Interval, _time, NullLogger<Watchdog>.Instance);

    private sealed class Notifier : ISystemdNotifier
    {
        private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

        internal List<string> States { get; } = [];

        public bool IsEnabled => true;

        internal Task<string> Next() => _told.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        public void Notify(ServiceState state)
        {
            States.Add(state.ToString());
            _ = _told.Writer.TryWrite(state.ToString());
        }
    }
}
