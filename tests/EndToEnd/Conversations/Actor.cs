using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>How far a peer of a conversation has come.</summary>
internal enum ActorState
{
    /// <summary>Not connected yet.</summary>
    Absent,

    /// <summary>Speaks lines of the authentication conversation.</summary>
    Authenticating,

    /// <summary>Speaks messages.</summary>
    Talking,

    /// <summary>Only listens: a monitor, or one that ended its direction.</summary>
    Listening,

    /// <summary>Either side ended the connection.</summary>
    Gone,
}

/// <summary>One peer of a conversation, :A or :B, on a raw socket.</summary>
internal sealed class Actor(string letter, string address, MessagePrinter printer) : IDisposable
{
    /// <summary>From here on serials belong to barriers, which transcripts leave out.</summary>
    private const uint FirstBarrierSerial = 0x6000_0000;
    private const string BarrierPath = "/barrier";

    private readonly List<byte> _held = [];
    private RawPeer? _peer;
    private uint _serial;
    private uint _barrierSerial = FirstBarrierSerial;

    internal string Letter => letter;

    /// <summary>As Hello gave it; kept when the connection has ended.</summary>
    internal string UniqueName { get; private set; } = "";

    internal ActorState State { get; set; }

    /// <summary>What came since it was last taken.</summary>
    internal List<string> Heard { get; } = [];

    /// <summary>Unique names whose end it was told of.</summary>
    internal HashSet<string> SeenLeaving { get; } = [];

    private RawPeer Peer => _peer ?? throw new InvalidOperationException($"{letter} is not connected");

    internal uint NextSerial() => ++_serial;

    internal void Open()
    {
        _peer = RawPeer.Open(address);
        State = ActorState.Authenticating;
    }

    internal void Authenticate(bool passDescriptors)
    {
        Open();
        Peer.Authenticate(passDescriptors);
        State = ActorState.Talking;
    }

    /// <summary>Keeps bytes back, to go out with the next ones in one write.</summary>
    internal void Hold(ReadOnlySpan<byte> bytes) => _held.AddRange(bytes);

    internal void Send(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> descriptors)
    {
        _held.AddRange(bytes);
        if (_held.Count > 0 && State != ActorState.Gone)
        {
            _ = Peer.Send(_held.ToArray(), descriptors);
            _held.Clear();
        }
    }

    internal void SendSlowly(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            _ = Peer.Send(bytes.Slice(i, 1), i == 0 ? descriptors : []);
        }
    }

    /// <summary>Takes that many lines of the authentication conversation, or notes the end.</summary>
    internal void HearLines(int count)
    {
        for (int i = 0; i < count && State != ActorState.Gone; i++)
        {
            try
            {
                Heard.Add(MessagePrinter.PrintLine(Peer.ReceiveLine()));
            }
            catch (EndOfStreamException)
            {
                NoteEnd();
            }
        }
    }

    /// <summary>Asks the bus and hears everything up to its answer: what the bus sent before is heard then.</summary>
    internal uint Barrier()
    {
        uint serial = _barrierSerial++;
        const string Ping = $"path={BarrierPath} interface=org.freedesktop.DBus.Peer member=Ping to={MessagePrinter.Bus}";
        Send(new MessageComposer(new TextScanner(Ping), false).Compose("call", serial).Bytes);
        HearUntil(message => message.Type is 2 or 3 && message.ReplySerial == serial);
        return serial;
    }

    /// <summary>For a monitor: hears everything up to the copy of another's barrier.</summary>
    internal void HearUntilBarrier(string sender, uint serial) =>
        HearUntil(message => message.Path == BarrierPath && message.Sender == sender && message.Serial == serial);

    /// <summary>Hears everything up to the reply to a call.</summary>
    internal void HearReply(uint serial) => HearUntil(message => message.Type is 2 or 3 && message.ReplySerial == serial);

    internal void HearUntilLeft(string uniqueName) => HearUntil(_ => SeenLeaving.Contains(uniqueName), SeenLeaving.Contains(uniqueName));

    internal void HearUntilEnd() => HearUntil(_ => false);

    internal void EndSending()
    {
        Send([]);
        Peer.ShutdownSending();
        State = ActorState.Listening;
    }

    internal void Close()
    {
        Send([]);
        Dispose();
        State = ActorState.Gone;
    }

    public void Dispose() => _peer?.Dispose();

    private void HearUntil(Func<PeerMessage, bool> isLast, bool isOver = false)
    {
        while (!isOver && State != ActorState.Gone)
        {
            try
            {
                PeerMessage message = Peer.Receive();
                isOver = Hear(message, isLast);
                RawPeer.Close(message.Descriptors);
            }
            catch (EndOfStreamException)
            {
                NoteEnd();
            }
        }
    }

    private bool Hear(PeerMessage message, Func<PeerMessage, bool> isLast)
    {
        if (UniqueName.Length == 0 && message.Sender == MessagePrinter.Bus && (message.Member == "NameAcquired" || IsHelloReply(message)))
        {
            UniqueName = message.FirstString!;
            printer.Introduce(UniqueName, letter);
        }

        if (message is { Type: 4, Member: "NameOwnerChanged", Sender: MessagePrinter.Bus } && Arguments(message) is [var name, _, ""])
        {
            _ = SeenLeaving.Add(name);
        }

        bool isBarrier = message.Path == BarrierPath
            || message is { Type: 2 or 3, ReplySerial: >= FirstBarrierSerial and < 2 * FirstBarrierSerial };
        if (!isBarrier)
        {
            Heard.Add(printer.Print(message, UniqueName));
        }

        return isLast(message);
    }

    private bool IsHelloReply(PeerMessage message) =>
        message is { Type: 2, Signature: "s" } && printer.Said("", message.ReplySerial)?.Member == "Hello";

    private static string[] Arguments(PeerMessage message)
    {
        WireInput body = new(message.Body.ToArray(), message.IsBigEndian);
        return message.Signature == "sss" ? [body.Text(), body.Text(), body.Text()] : [];
    }

    private void NoteEnd()
    {
        Heard.Add("closed");
        Dispose();
        State = ActorState.Gone;
    }
}
