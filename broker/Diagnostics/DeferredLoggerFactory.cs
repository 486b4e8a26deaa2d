using Microsoft.Extensions.Logging;

namespace XcpBroker.Diagnostics;

/// <summary>Keeps log entries until there is a place to write them, so that the bus can serve before logging is set up.</summary>
/// <remarks>
/// Any thread may log, and one attaches: this is a border between threads, which is why there is a lock. It is not taken once a target is
/// there. Entries above <see cref="Capacity"/> are dropped and counted.
/// </remarks>
internal sealed class DeferredLoggerFactory : ILoggerFactory
{
    internal const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly List<Action<ILoggerFactory>> _kept = [];
    private volatile ILoggerFactory? _target;
    private int _dropped;

    /// <summary>Writes what was kept to <paramref name="target"/>, and from now on everything.</summary>
    /// <returns>How many entries were dropped.</returns>
    internal int Attach(ILoggerFactory target)
    {
        lock (_lock)
        {
            foreach (Action<ILoggerFactory> write in _kept)
            {
                write(target);
            }

            _kept.Clear();
            _target = target;
            return _dropped;
        }
    }

    public ILogger CreateLogger(string categoryName) => new DeferredLogger(this, categoryName);

    /// <summary>Not supported: targets are attached.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>The attached factory, or null when the entry was kept for it.</summary>
    private ILoggerFactory? TargetOrKeep(Action<ILoggerFactory> write)
    {
        lock (_lock)
        {
            if (_target is null)
            {
                if (_kept.Count < Capacity)
                {
                    _kept.Add(write);
                }
                else
                {
                    _dropped++;
                }
            }

            return _target;
        }
    }

    private sealed class DeferredLogger(DeferredLoggerFactory factory, string category) : ILogger
    {
        private ILogger? _logger;

        // Two threads may both create it: either will do.
        private ILogger? Attached => factory._target is { } target ? _logger ??= target.CreateLogger(category) : null;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => Attached?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => Attached?.IsEnabled(logLevel) ?? logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            if (Attached is { } attached)
            {
                attached.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            factory.TargetOrKeep(target => target.CreateLogger(category).Log(logLevel, eventId, state, exception, formatter))
                ?.CreateLogger(category).Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
