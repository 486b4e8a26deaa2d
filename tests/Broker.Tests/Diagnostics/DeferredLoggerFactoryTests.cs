using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;

namespace XcpBroker.Broker.Tests.Diagnostics;

public sealed class DeferredLoggerFactoryTests
{
    [Test]
    public void Entries_come_in_order_whether_kept_or_not_and_details_are_not_kept()
    {
        using DeferredLoggerFactory deferred = new();
        using ListFactory target = new();
        ILogger log = deferred.CreateLogger("a");
        Write(log, LogLevel.Information, "first");
        Write(log, LogLevel.Debug, "detail");
        Write(deferred.CreateLogger("b"), LogLevel.Critical, "second");

        Assert.That(deferred.Attach(target), Is.Zero);
        Write(log, LogLevel.Warning, "third");

        Assert.That(target.Entries, Is.EqualTo((string[])["a first", "b second", "a third"]));
    }

    [Test]
    public void What_is_too_much_is_dropped_and_counted()
    {
        using DeferredLoggerFactory deferred = new();
        using ListFactory target = new();
        ILogger log = deferred.CreateLogger("a");
        for (int i = 0; i < DeferredLoggerFactory.Capacity + 3; i++)
        {
            Write(log, LogLevel.Error, $"{i}");
        }

        Assert.That(deferred.Attach(target), Is.EqualTo(3));
        Assert.That(target.Entries, Has.Count.EqualTo(DeferredLoggerFactory.Capacity));
    }

    [Test]
    public void Nothing_is_lost_between_threads()
    {
        using DeferredLoggerFactory deferred = new();
        using ListFactory target = new();
        ILogger log = deferred.CreateLogger("a");
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                Write(log, LogLevel.Information, $"{i}");
            }
        });

        int dropped = deferred.Attach(target);
        writer.Wait();

        Assert.That(dropped, Is.Zero);
        Assert.That(target.Entries, Is.EqualTo(Enumerable.Range(0, 1000).Select(i => $"a {i}")));
    }

    private static void Write(ILogger log, LogLevel level, string text) => log.Log(level, 0, text, null, (state, _) => state);

    private sealed class ListFactory : ILoggerFactory
    {
        internal List<string> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName) => new ListLogger(Entries, categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class ListLogger(List<string> entries, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Add($"{category} {formatter(state, exception)}");
    }
}
