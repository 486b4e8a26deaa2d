using System.Security.Cryptography;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Limits;

/// <summary>max_total_bytes on real sockets: a message that finds no room waits outside, at nobody's cost.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class PausedInputTests : IDisposable
{
    private const int Hoard = 400_000;
    private const int Large = 900_000;

    /// <summary>More than the broker reads before it knows the message's length, less than a socket holds.</summary>
    private const int Begun = 100_000;

    private const int RoundTrips = 200;
    private const int MaxCalls = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly BrokerProcess _broker = TestBroker.Start(
        "xcp-broker", new Dictionary<string, long> { ["max_total_bytes"] = 4 << 20, ["max_outgoing_bytes"] = 8 << 20 });

    private readonly List<RawPeer> _peers = [];
    private readonly RawPeer _watcher;
    private readonly RawPeer _deaf;

    public PausedInputTests()
    {
        _watcher = Connect();
        _deaf = Connect();
        for (int i = 0; i < 3; i++)
        {
            RawPeer hoarder = Connect();
            hoarder.Send(Message(_deaf, new byte[Hoard]));
            hoarder.Call(RawPeer.Bus("GetId"));
        }
    }

    [Test]
    public void It_arrives_whole_once_there_is_room_and_others_are_served_meanwhile()
    {
        RawPeer receiver = Connect();
        RawPeer sender = Connect();
        byte[] content = RandomNumberGenerator.GetBytes(Large);
        byte[] message = Message(receiver, content);
        sender.Send(message.AsSpan(0, Begun));
        AwaitPaused(1);
        ExchangeMessages();
        Assert.That(Counter("InputsPaused"), Is.EqualTo(1), "paused is paused, however often it is looked at");
        MakeRoom();
        sender.Send(message.AsSpan(Begun));
        PeerMessage received = receiver.Receive();
        Assert.That(received.Sender, Is.EqualTo(sender.UniqueName));
        Assert.That(received.Body[4..].SequenceEqual(content), Is.True);
        Assert.That(LogLines(sender.UniqueName), Is.EqualTo(["input paused until max_total_bytes", "input resumed"]));
    }

    [TestCase(true, TestName = "One_that_closes_while_it_waits_is_gone_at_once")]
    [TestCase(false, TestName = "One_that_closes_behind_what_would_have_to_wait_is_gone_at_once")]
    public void Closing(bool isPausedFirst)
    {
        _watcher.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString("member='NameOwnerChanged',arg2=''"));
        using FileStream file = File.Create(Path.Combine(Path.GetTempPath(), $"xcp-{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose);
        RawPeer sender = Connect(passDescriptors: true);
        sender.Send(Message(_watcher, new byte[Large]).AsSpan(0, Begun), (int)file.SafeFileHandle.DangerousGetHandle());
        if (isPausedFirst)
        {
            AwaitPaused(1);
        }

        sender.Dispose();
        PeerMessage change = _watcher.Receive();
        Assert.That(change.Member, Is.EqualTo("NameOwnerChanged"));
        Assert.That(change.FirstString, Is.EqualTo(sender.UniqueName));
        Assert.That(Counter("InputsLost"), Is.EqualTo(1));
        Assert.That(() => OpenFiles.Count(_broker.Pid, file.Name), Is.Zero.After(10).Seconds.PollEvery(20).MilliSeconds);
        ExchangeMessages();

        // Nothing of it is charged any more: once the hoards are gone there is as much room as ever.
        MakeRoom();
        Assert.That(_watcher.Receive().FirstString, Is.EqualTo(_deaf.UniqueName));
        RawPeer next = Connect();
        next.Send(Message(_watcher, new byte[Large]));
        Assert.That(_watcher.Receive().Sender, Is.EqualTo(next.UniqueName));
        Assert.That(Counter("InputsPaused"), Is.EqualTo(1));
        Assert.That(LogLines(sender.UniqueName), Is.EqualTo(["input paused until max_total_bytes", "left while its input was paused"]));
    }

    public void Dispose()
    {
        _peers.ForEach(peer => peer.Dispose());
        _broker.Dispose();
    }

    private static byte[] Message(RawPeer receiver, byte[] content)
    {
        MessageBuilder builder = new();
        builder.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Destination = receiver.UniqueName,
            Path = "/a",
            Interface = "a.b",
            Member = "Large",
            Signature = "ay",
            Flags = MessageFlags.NoReplyExpected,
        });
        builder.Body.WriteByteArray(content);
        return builder.Finish(1000).ToArray();
    }

    private RawPeer Connect(bool passDescriptors = false)
    {
        RawPeer peer = RawPeer.Connect(_broker.Address, passDescriptors);
        _peers.Add(peer);
        return peer;
    }

    private long Counter(string name) => BusStatistics.Number(_watcher, $"org.xen.xcp.Broker.{name}");

    private void AwaitPaused(long count)
    {
        for (int calls = 0; Counter("InputsPaused") < count; calls++)
        {
            Assert.That(calls, Is.LessThan(MaxCalls), "its input is not paused");
        }
    }

    /// <summary>Calls and replies between two others; after each the bus goes to sleep, whatever the paused peers have sent.</summary>
    private void ExchangeMessages()
    {
        RawPeer caller = Connect();
        RawPeer callee = Connect();
        MessageFields ping = new()
        {
            Type = MessageType.MethodCall,
            Destination = callee.UniqueName,
            Path = "/a",
            Interface = "a.b",
            Member = "Ping",
        };
        for (int i = 0; i < RoundTrips; i++)
        {
            uint serial = caller.NextSerial();
            caller.Send(ping, serial);
            PeerMessage call = callee.Receive();
            MessageFields reply = new() { Type = MessageType.MethodReturn, Destination = call.Sender, ReplySerial = call.Serial };
            callee.Send(reply, callee.NextSerial());
            caller.ReceiveReply(serial);
            Assert.That(BusThread.FallsAsleep(_broker.Pid, Patience), Is.True, "the bus spins");
        }
    }

    /// <summary>Stops the bus, which writes the rest of its log, and says what that has of a peer.</summary>
    private string[] LogLines(string name)
    {
        Assert.That(_broker.Stop(), Is.Zero);
        return [.. Line().Matches(_broker.Log).Where(match => match.Groups[1].Value == name).Select(match => match.Groups[2].Value)];
    }

    /// <summary>The deaf peer goes, and with it what was hoarded in its queue.</summary>
    private void MakeRoom() => _deaf.Dispose();

    [GeneratedRegex(@"(:1\.\d+) \(pid [^)]*\): (input paused until max_total_bytes|input resumed|left while its input was paused)")]
    private static partial Regex Line();
}
