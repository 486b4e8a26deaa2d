using System.Collections.Concurrent;
using Serilog;
using Serilog.Core;
using XcpBroker.Diagnostics;

namespace XcpBroker.Broker.Tests.Diagnostics;

public sealed class LogQueueTests
{
    [Test]
    public void A_line_carries_its_priority_and_no_line_end_of_a_peer()
    {
        Target target = new();
        using (LogQueue queue = new([target]))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Warning("from {Peer}: {Text}", ":1.1", "a\nb\u001b[31m\0c");
            Await(target.Taken);
        }

        Assert.That(target.Lines, Is.EqualTo((LogLine[])[new LogLine(4, "from :1.1: a b [31m c")]));
    }

    [Test]
    public void An_exception_is_a_line_for_each_of_its_lines()
    {
        Target target = new();
        using (LogQueue queue = new([target]))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Fatal(new InvalidOperationException("one\ntwo"), "failed");
            Await(target.Taken);
        }

        Assert.That(target.Lines, Has.All.Property(nameof(LogLine.Priority)).EqualTo(2));
        Assert.That(target.Lines.Select(line => line.Text), Is.EqualTo((string[])["failed", "System.InvalidOperationException: one", "two"]));
    }

    [Test]
    public void A_line_has_an_end()
    {
        Target target = new();
        using (LogQueue queue = new([target]))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Information("{Text}", new string('x', 2 << 20));
            Await(target.Taken);
        }

        Assert.That(target.Lines.Single().Text, Has.Length.EqualTo(LogLine.MaxLength));
    }

    [Test]
    public void Who_logs_never_waits_and_what_is_lost_is_said_when_lines_pass_again()
    {
        Target target = new();
        using ManualResetEventSlim gate = new();
        target.Gate = gate;
        using (LogQueue queue = new([target]))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Information("held");
            Await(target.Entered);
            for (int i = 0; i < LogQueue.Capacity + 5; i++)
            {
                log.Information("{Number}", i);
            }

            gate.Set();
            Await(target.SawLoss);
        }

        LogLine loss = target.Lines.ElementAt(1);
        Assert.That((loss.Priority, loss.MarkedText), Is.EqualTo((4, "[8] 5 log entries were lost: nothing took them in time")));
        Assert.That(loss.Fields, Is.EqualTo((LogField[])[new LogField("Count", "5")]));
    }

    [Test]
    public void A_target_that_hangs_does_not_hold_up_the_end()
    {
        Target target = new();
        using ManualResetEventSlim gate = new();
        target.Gate = gate;
        using (LogQueue queue = new([target], TimeSpan.FromMilliseconds(1)))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Information("held");
            Await(target.Entered);
        }

        Assert.That(target.Lines, Is.Empty);
        gate.Set();
    }

    [Test]
    public void The_end_waits_for_lines_as_long_as_some_are_written()
    {
        Target target = new();
        using ManualResetEventSlim gate = new();
        target.Gate = gate;
        LogQueue queue = new([target], TimeSpan.FromMinutes(1));
        using Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger();
        for (int i = 0; i < 100; i++)
        {
            log.Information("{Number}", i);
        }

        Await(target.Entered);
        Task end = Task.Run(queue.Dispose);
        gate.Set();

        Assert.That(end.Wait(TimeSpan.FromMinutes(2)), Is.True);
        Assert.That(target.Lines.Select(line => line.Text), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"{i}")));
    }

    [Test]
    public void Lines_that_a_target_loses_are_counted_too()
    {
        Target target = new() { Losing = true };
        using (LogQueue queue = new([target]))
        using (Logger log = new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger())
        {
            log.Information("lost");
            Await(target.Taken);
            log.Information("lost too");
            Await(target.Taken);
            target.Losing = false;
            log.Information("written");
            Await(target.SawLoss);
        }

        Assert.That(target.Lines.Select(line => line.Text), Is.EqualTo((string[])["written", "2 log entries were lost: nothing took them in time"]));
    }

    [TestCase(null, "socket:[7]", false)]
    [TestCase("8:7", null, false)]
    [TestCase("8:7", "socket:[7]", true)]
    [TestCase("8:7", "socket:[77]", false)]
    [TestCase("7", "socket:[7]", false)]
    [TestCase("8:7", "pipe:[7]", false)]
    public void The_journal_is_known_by_its_stream(string? journalStream, string? standardError, bool expected) =>
        Assert.That(StandardErrorTarget.IsJournal(journalStream, standardError), Is.EqualTo(expected));

    private static void Await(SemaphoreSlim semaphore) => Assert.That(semaphore.Wait(TimeSpan.FromSeconds(20)), Is.True);

    private sealed class Target : ILogTarget
    {
        private readonly ConcurrentQueue<LogLine> _lines = new();

        internal IEnumerable<LogLine> Lines => _lines;

        internal SemaphoreSlim Entered { get; } = new(0);

        internal SemaphoreSlim Taken { get; } = new(0);

        internal SemaphoreSlim SawLoss { get; } = new(0);

        internal ManualResetEventSlim? Gate { get; set; }

        internal bool Losing { get; set; }

        public bool TryWrite(LogLine line)
        {
            Entered.Release();
            Gate?.Wait();
            bool written = !Losing;
            if (written)
            {
                _lines.Enqueue(line);
                if (line.Text.Contains("were lost", StringComparison.Ordinal))
                {
                    SawLoss.Release();
                }
            }

            Taken.Release();
            return written;
        }
    }
}
