using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using XcpBroker.Buffers;
using XcpBroker.Diagnostics;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Connections;

/// <summary>Reads one connection for one turn: SASL lines, then messages, each validated whole and given to the router.</summary>
/// <remarks>
/// A turn ends when the input does, or when the connection has used up its share of work; the rest waits for the next turn, so a
/// flood delays others by one share at most. What a peer did wrong ends that peer only.
/// </remarks>
internal sealed class InboundPump(
    ConnectionTable connections,
    Router router,
    Disconnector disconnector,
    Dooms dooms,
    ConnectionAdmission admission,
    Authenticator authenticator,
    TurnWork turn,
    PausedInputs paused,
    PacedInputs paced,
    LimitsInForce limits)
{
    /// <summary>Work that one connection may cause in a turn, as the router counts it: some 250 calls, or 4,000 copies of signals.</summary>
    private const int WorkPerTurn = 512;

    /// <summary>Of a message from one peer to another.</summary>
    private const int WorkOfMessage = 2;

    private readonly HeaderCache _headers = new();
    private byte[] _joined = [];
    private byte[] _stamped = new byte[1024];

    internal void Run(Connection connection)
    {
        // Of a domain that has used up its messages nothing is read: what is read must be kept.
        if (connection.Domain is { } domain && connection.State != ConnectionState.Authenticating && !paced.HasRoom(domain))
        {
            paced.Wait(connection, domain);
            return;
        }

        PipeReader input = connection.Transport.Input;
        if (!input.TryRead(out ReadResult result))
        {
            return;
        }

        ReadOnlySpan<byte> bytes = connection.Transport.InputBlock is { } block
            ? block.Span(connection.Transport.InputOffset, (int)result.Buffer.Length)
            : result.Buffer.IsSingleSegment ? result.Buffer.FirstSpan : Join(result.Buffer);
        int consumed = 0;
        int needed = 0;
        bool isWaiting = false;
        if (connection.State == ConnectionState.Authenticating)
        {
            isWaiting = authenticator.Receive(connection, bytes, out consumed);
            needed = MessageFramer.FixedHeaderLength;
        }

        bool isCutShort = isWaiting;
        if (connection.IsOpen && connection.State != ConnectionState.Authenticating)
        {
            needed = HandleMessages(connection, bytes, ref consumed, out isCutShort);
        }

        if (dooms.Any)
        {
            disconnector.TakeApartDoomed();
        }

        if (!connection.IsOpen)
        {
            return;
        }

        if (result.IsCompleted && !isCutShort)
        {
            dooms.Doom(connection, consumed < bytes.Length ? CloseReason.PeerClosedWithinMessage : CloseReason.PeerClosed);
            disconnector.TakeApartDoomed();
            return;
        }

        connection.HeldBytes = bytes.Length - consumed;
        if (connection.HeldBytes == 0)
        {
            connection.ReleaseHeldCharge();
        }
        else
        {
            Keep(connection, connection.HeldBytes, needed, isCutShort);
            if (!connection.IsOpen)
            {
                disconnector.TakeApartDoomed();
                return;
            }
        }

        SequencePosition end = result.Buffer.End;
        SequencePosition position = consumed == bytes.Length ? end : result.Buffer.GetPosition(consumed);
        input.AdvanceTo(position, isCutShort ? position : end);
        if (isWaiting)
        {
            authenticator.Await(connection);
        }
        else if (isCutShort && connection.Domain is { } slow && !paced.HasRoom(slow))
        {
            paced.Wait(connection, slow);
        }
        else if (isCutShort)
        {
            turn.ResumeNextTurn(connection);
        }
        else if (connection.HasPendingFdDeadline || connection.Transport.ReceivedFds.Count > 0)
        {
            admission.WatchHeldFds(connection, consumed == bytes.Length);
        }

        if (dooms.Any)
        {
            disconnector.TakeApartDoomed();
        }
    }

    /// <summary>Whole messages of a connection that wait for its next turn.</summary>
    internal static int CountWaiting(Connection connection)
    {
        if (!connection.IsResumeDue || !connection.Transport.Input.TryRead(out ReadResult result))
        {
            return 0;
        }

        byte[] bytes = result.Buffer.ToArray();
        int count = 0;
        for (int at = 0; MessageFramer.TryFrame(bytes.AsSpan(at), int.MaxValue, out int length, out _) == FrameStatus.Complete && length <= bytes.Length - at; at += length)
        {
            count++;
        }

        connection.Transport.Input.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return count;
    }

    private int HandleMessages(Connection connection, ReadOnlySpan<byte> bytes, ref int consumed, out bool isCutShort)
    {
        Block? block = connection.Transport.InputBlock;
        int offset = connection.Transport.InputOffset;
        int work = 0;
        isCutShort = false;
        while (connection.IsOpen)
        {
            ReadOnlySpan<byte> rest = bytes[consumed..];
            if (rest.IsEmpty)
            {
                return MessageFramer.FixedHeaderLength;
            }

            FrameStatus status = MessageFramer.TryFrame(rest, limits.Current.MaxMessageSize, out int length, out MessageViolation violation);
            if (status == FrameStatus.Invalid)
            {
                dooms.Doom(connection, CloseReason.InvalidMessage, violation.Describe());
                break;
            }

            if (status == FrameStatus.NeedMoreData || length > rest.Length)
            {
                return status == FrameStatus.NeedMoreData ? MessageFramer.FixedHeaderLength : length;
            }

            if (work >= WorkPerTurn || (connection.Domain is { } domain && !paced.HasRoom(domain)))
            {
                isCutShort = true;
                break;
            }

            // A message that is complete is charged to whoever it is queued for.
            connection.ReleaseHeldCharge();
            int done = HandleMessage(connection, rest[..length], block, offset + consumed);
            work += done;
            consumed += length;
            connection.Domain?.Rate.Take(Math.Max(1, done / WorkOfMessage));
            if (dooms.Any)
            {
                disconnector.TakeApartDoomed();
            }
        }

        return 0;
    }

    private int HandleMessage(Connection connection, ReadOnlySpan<byte> bytes, Block? block, int offset) =>
        _headers.Recognise(connection, bytes) is { } known
            ? Handle(connection, bytes, known.Repeated.Header, known, block, offset)
            : HandleUnknown(connection, bytes, block, offset);

    // Apart, since room for a whole header is cleared each time, and most headers are known.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int HandleUnknown(Connection connection, ReadOnlySpan<byte> bytes, Block? block, int offset)
    {
        MessageViolation violation = MessageHeader.TryParse(bytes, out MessageHeader header);
        return violation == MessageViolation.None
            ? Handle(connection, bytes, header, null, block, offset)
            : Invalid(connection, violation);
    }

    private int Invalid(Connection connection, MessageViolation violation)
    {
        dooms.Doom(connection, CloseReason.InvalidMessage, violation.Describe());
        return 1;
    }

    /// <param name="connection">Who sent it.</param>
    /// <param name="bytes">The whole message.</param>
    /// <param name="header">Its header.</param>
    /// <param name="known">The same, if it was recognised.</param>
    /// <param name="block">The block that it lies in, or null.</param>
    /// <param name="offset">Where in it.</param>
    private int Handle(Connection connection, ReadOnlySpan<byte> bytes, in MessageHeader header, KnownHeader? known, Block? block, int offset)
    {
        MessageViolation violation = BodyValidator.Validate(bytes[header.BodyOffset..], header.Signature.In(bytes), header.IsBigEndian, isSignatureValid: known is not null);
        if (violation != MessageViolation.None)
        {
            return Invalid(connection, violation);
        }

        FdSet? fds = null;
        if ((header.UnixFds != 0 || connection.Transport.ReceivedFds.Count > 0) && !TryTakeFds(connection, header, out fds))
        {
            return 1;
        }

        connection.Counters.IncomingMessages++;
        ReadOnlySpan<byte> stamped;
        if (known is not null)
        {
            stamped = known.Repeated.Stamped;
        }
        else
        {
            if (!SenderStamp.Fits(header, connection.UniqueName.Length))
            {
                // With its true SENDER nobody could receive it.
                fds?.Release();
                return Invalid(connection, MessageViolation.MessageOverLimit);
            }

            stamped = Stamp(connection, bytes, header);
        }

        RoutedMessage message = new(bytes, header, stamped)
        {
            Sender = connection,
            Block = block,
            BlockOffset = offset,
            Fds = fds,
            Known = known,
        };
        int work = router.Route(message);
        fds?.Release();
        return work;
    }

    private ReadOnlySpan<byte> Stamp(Connection connection, ReadOnlySpan<byte> bytes, scoped in MessageHeader header)
    {
        ReadOnlySpan<byte> sender = connection.UniqueName.Length > 0 ? connection.UniqueName : EarlySender(bytes, header);
        int room = SenderStamp.MaxLength(header, sender.Length);
        if (room > _stamped.Length)
        {
            _stamped = new byte[room];
        }

        ReadOnlySpan<byte> stamped = _stamped.AsSpan(0, SenderStamp.Write(bytes, header, sender, _stamped));
        _headers.Remember(connection, bytes, header, stamped);
        return stamped;
    }

    /// <summary>What monitors see as the sender of a message before Hello was answered: of Hello itself, the name that it brings.</summary>
    private ReadOnlySpan<byte> EarlySender(ReadOnlySpan<byte> bytes, in MessageHeader header) =>
        header.Member.In(bytes).SequenceEqual("Hello"u8) ? connections.NextName() : ":not.active.yet"u8;

    /// <summary>Descriptors belong to the message whose bytes they came with; more than it announces are closed with it.</summary>
    private bool TryTakeFds(Connection connection, in MessageHeader header, out FdSet? fds)
    {
        fds = null;
        ReceivedFds received = connection.Transport.ReceivedFds;
        string? wrong = received.WasTruncated ? "the kernel could not pass all descriptors (MSG_CTRUNC)"
            : !connection.CanReceiveFds ? "descriptors without NEGOTIATE_UNIX_FD"
            : header.UnixFds > limits.Current.MaxMessageUnixFds ? $"{header.UnixFds} descriptors in one message; max_message_unix_fds is {limits.Current.MaxMessageUnixFds}"
            : header.UnixFds > received.Count ? $"{header.UnixFds} descriptors announced, {received.Count} came"
            : null;
        if (wrong is not null)
        {
            dooms.Doom(connection, CloseReason.InvalidFds, wrong);
            return false;
        }

        if (header.UnixFds > 0)
        {
            fds = received.Take((int)header.UnixFds);
        }

        return true;
    }

    /// <summary>Charges the message that has begun to come to the connection, and says how long it is.</summary>
    private void Keep(Connection connection, int held, int needed, bool isCutShort)
    {
        // The rest of one read is gone with the next turns: nobody waits for that, however little memory is left.
        int charge = isCutShort ? 0 : Math.Max(held, needed);
        if (connection.HeldCharge < charge)
        {
            connection.ReleaseHeldCharge();
            if (!paused.TryHold(connection, charge))
            {
                dooms.Doom(connection, CloseReason.IncomingMemory, $"{held} bytes of a message of {needed}");
                return;
            }
        }

        connection.Counters.CountIn(held, connection.Transport.ReceivedFds.Count);
        connection.Transport.Expect(connection.HeldCharge == 0 ? 0 : needed);
    }

    private ReadOnlySpan<byte> Join(in ReadOnlySequence<byte> buffer)
    {
        int length = (int)buffer.Length;
        if (_joined.Length < length)
        {
            _joined = new byte[length];
        }

        buffer.CopyTo(_joined);
        return _joined.AsSpan(0, length);
    }
}
