using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Protocol.Marshalling;
using BrokerLog = XcpBroker.Diagnostics.Log;

namespace XcpBroker.Broker.Tests.Diagnostics;

public sealed class JournalTargetTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xcp-journal-").FullName;

    private string SocketPath => Path.Combine(_directory, "socket");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void An_entry_has_its_event_and_each_value_in_a_field_of_its_own()
    {
        using Socket journal = Listen();
        JournalTarget target = new(SocketPath, new Stream());
        using (LogQueue queue = new([target]))
        using (SerilogLoggerFactory factory = new(new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger(), dispose: true))
        {
            DomainLog.Paced(factory.CreateLogger(RunningBus.LogCategory), "line\nend=\0", 5);
        }

        Assert.That(
            Receive(journal).Split('\n'),
            Is.EquivalentTo((string[])
            [
                "MESSAGE=[2000] domain line end=  sends more than max_messages_per_second (5): its connections are read more slowly", "PRIORITY=4",
                "SYSLOG_IDENTIFIER=xcp-broker", "XCP_EVENT=2000", "XCP_DOMAIN=line end= ", "XCP_LIMIT=5", "",
            ]));
    }

    [Test]
    public void The_lines_of_an_exception_bear_the_number_of_its_event()
    {
        using Socket journal = Listen();
        JournalTarget target = new(SocketPath, new Stream());
        using (LogQueue queue = new([target]))
        using (SerilogLoggerFactory factory = new(new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger(), dispose: true))
        {
            BrokerLog.LoopFailed(factory.CreateLogger(RunningBus.LogCategory), new InvalidOperationException("why"));
        }

        Assert.That(Receive(journal), Does.StartWith("MESSAGE=[1005] the bus loop failed\nPRIORITY=2\n").And.Contains("\nXCP_EVENT=1005\n"));
        Assert.That(Receive(journal), Does.StartWith("MESSAGE=[1005] System.InvalidOperationException: why\nPRIORITY=2\n").And.Contains("\nXCP_EVENT=1005\n"));
    }

    /// <summary>The host numbers its events too: 1 would be taken for "serving".</summary>
    [Test]
    public void Events_of_others_have_no_number()
    {
        Stream stream = new();
        using (LogQueue queue = new([stream]))
        using (SerilogLoggerFactory factory = new(new LoggerConfiguration().WriteTo.Sink(queue).CreateLogger(), dispose: true))
        {
            factory.CreateLogger("Microsoft.Extensions.Hosting.Internal.Host").Log(LogLevel.Error, new EventId(1), "failed", null, (state, _) => state);
        }

        Assert.That(stream.Lines, Is.EqualTo((LogLine[])[new LogLine(3, "failed")]));
    }

    [Test]
    public void While_nobody_takes_entries_they_go_to_the_stream_and_what_comes_back_gets_them_again()
    {
        Stream stream = new();
        JournalTarget target = new(SocketPath, stream);
        LogLine line = new(4, "text", 1002);
        Assert.That(target.TryWrite(line), Is.True);
        using (Listen())
        {
            Assert.That(target.TryWrite(line), Is.True);
        }

        Assert.That(target.TryWrite(line), Is.True, "its file is there, and nobody behind it");
        File.Delete(SocketPath);
        using Socket journal = Listen();
        Assert.That(target.TryWrite(line), Is.True);

        Assert.That(stream.Lines, Has.Count.EqualTo(2));
        Assert.That(Receive(journal), Does.StartWith("MESSAGE=[1002] text\n"));
    }

    [TestCase(LogLevel.Debug, 7)]
    [TestCase(LogLevel.Information, 6)]
    [TestCase(LogLevel.Warning, 4)]
    [TestCase(LogLevel.Error, 3)]
    [TestCase(LogLevel.Critical, 2)]
    public void Levels_are_systemds(LogLevel level, int priority)
    {
        Stream stream = new();
        using (LogQueue queue = new([stream]))
        using (SerilogLoggerFactory factory = new(new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(queue).CreateLogger(), dispose: true))
        {
            factory.CreateLogger("a").Log(level, default, "text", null, (state, _) => state);
        }

        Assert.That(stream.Lines.Single().Priority, Is.EqualTo(priority));
    }

    private Socket Listen()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static string Receive(Socket journal)
    {
        byte[] entry = new byte[1 << 16];
        return StrictUtf8.Instance.GetString(entry, 0, journal.Receive(entry));
    }

    private sealed class Stream : ILogTarget
    {
        internal List<LogLine> Lines { get; } = [];

        public bool TryWrite(LogLine line)
        {
            Lines.Add(line);
            return true;
        }
    }
}
