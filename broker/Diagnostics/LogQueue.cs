using System.Globalization;
using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;

namespace XcpBroker.Diagnostics;

/// <summary>The end of Serilog's pipeline: a bounded queue, and a thread that writes it out.</summary>
/// <remarks>
/// Whoever logs never waits: if nothing takes the lines, entries are dropped, counted, and the count is said when lines pass again.
/// (Serilog.Sinks.Async waits in Dispose until the queue is empty, so a blocked standard error would keep the process from ending.)
/// </remarks>
internal sealed class LogQueue : ILogEventSink, IDisposable
{
    internal const int Capacity = 1024;

    /// <summary>The event of the line that says how many were lost.</summary>
    internal const int LossEvent = 8;

    private const int MaxFarewells = 10;

    private readonly Channel<LogEvent> _entries = Channel.CreateBounded<LogEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly IReadOnlyList<ILogTarget> _targets;
    private readonly TimeSpan _farewell;
    private readonly Thread _writer;
    private long _dropped;
    private long _written;

    /// <summary>Starts the thread.</summary>
    /// <param name="targets">Where lines go.</param>
    /// <param name="farewell">How long the end may wait for one line; by default a second, in which the thread gets a CPU on the busiest machine.</param>
    internal LogQueue(IReadOnlyList<ILogTarget> targets, TimeSpan? farewell = null)
    {
        _targets = targets;
        _farewell = farewell ?? TimeSpan.FromSeconds(1);
        _writer = new Thread(WriteAll) { IsBackground = true, Name = "log" };
        _writer.Start();
    }

    /// <summary>Takes the entry or drops it. Any thread.</summary>
    public void Emit(LogEvent logEvent)
    {
        if (!_entries.Writer.TryWrite(logEvent))
        {
            _ = Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Takes no more, and waits until what is there is written, or no line has been for a while, or it takes ten times as long.</summary>
    public void Dispose()
    {
        _ = _entries.Writer.TryComplete();
        long before = -1;
        for (int i = 0; i < MaxFarewells && Interlocked.Read(ref _written) != before; i++)
        {
            before = Interlocked.Read(ref _written);
            if (_writer.Join(_farewell))
            {
                return;
            }
        }
    }

    private void WriteAll()
    {
        while (_entries.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_entries.Reader.TryRead(out LogEvent? entry))
            {
                WriteOne(entry);
            }
        }
    }

    private void WriteOne(LogEvent entry)
    {
        bool written = true;
        foreach (LogLine line in LogLine.Of(entry))
        {
            written &= TryWrite(line);
        }

        _ = written ? Interlocked.Increment(ref _written) : 0;
        long dropped = Interlocked.Exchange(ref _dropped, 0);
        dropped += written ? 0 : 1;
        if (dropped > 0 && !(written && TryWrite(Loss(dropped))))
        {
            _ = Interlocked.Add(ref _dropped, dropped);
        }
    }

    private bool TryWrite(LogLine line)
    {
        bool written = true;
        foreach (ILogTarget target in _targets)
        {
            written &= target.TryWrite(line);
        }

        return written;
    }

    private static LogLine Loss(long dropped) =>
        new(
            4,
            string.Create(CultureInfo.InvariantCulture, $"{dropped} log entries were lost: nothing took them in time"),
            LossEvent,
            [new LogField("Count", dropped.ToString(CultureInfo.InvariantCulture))]);
}
