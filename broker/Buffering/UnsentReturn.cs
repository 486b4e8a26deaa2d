using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Names;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Buffering;

/// <summary>What an owner had not been sent when it died goes back to the buffers of its declared names.</summary>
/// <remarks>
/// Only of what no byte was written: the rest counts as given, so its callers get NoReply and nothing can run twice. The messages are in
/// the buffers before the names go, so a successor in the queue for a name gets them as if they had been sent to it.
/// </remarks>
internal sealed class UnsentReturn(
    BufferTable table, NameBuffers buffers, BufferRoom room, DurableDelivery durable, HeldBroadcasts broadcasts, ConnectionTable connections,
    NameRegistry<Connection> names, PendingReplies replies, BrokerCounters counters, TimeProvider clock, ILogger log) : IUnsentTaker
{
    private readonly List<(NameBuffer Buffer, HeldMessage Message)> _returned = [];

    /// <summary>Durable messages that it had been given copies of: their originals have never left the buffer.</summary>
    private readonly HashSet<HeldMessage> _kept = [];
    private readonly Dictionary<NameBuffer, HeldMessage?> _places = [];
    private Connection? _owner;
    private int _unsentOneWay;
    private int _lost;

    /// <summary>An owner is gone; it still has its names.</summary>
    internal void OwnerLeft(Connection owner)
    {
        _unsentOneWay = 0;
        _lost = 0;
        ReturnUnsent(owner);
        CountLost(owner);
        durable.OwnerLeft(owner);
    }

    /// <summary>Of what wants no answer: what had been written, whole or in part, may be lost; what cannot wait again is.</summary>
    private void CountLost(Connection owner)
    {
        string name = names.OwnedNames(owner).FirstOrDefault(name => table.IsDeclared(Encoding.ASCII.GetBytes(name)), "names that it had");
        long written = (owner.Given?.Count ?? 0) - _unsentOneWay;
        if (written > 0)
        {
            counters.BufferPossiblyLost += (ulong)written;
            BufferLog.PossiblyLost(log, owner.UniqueNameText, written, name);
        }

        if (_lost > 0)
        {
            BufferLog.LostUnsent(log, owner.UniqueNameText, _lost, name);
        }
    }

    private void ReturnUnsent(Connection owner)
    {
        if (table.IsEmpty || owner.QueuedMessages == 0)
        {
            return;
        }

        bool isDeclared = false;
        foreach (string name in names.OwnedNames(owner))
        {
            isDeclared |= table.TryFind(name, out _) || table.IsDeclared(Encoding.ASCII.GetBytes(name));
        }

        if (!isDeclared)
        {
            return;
        }

        _owner = owner;
        owner.TakeUnsent(this);
        _owner = null;
        int count = _returned.Count - _kept.Count;
        if (count > 0)
        {
            BufferLog.Returned(log, owner.UniqueNameText, count, _returned.Find(returned => !_kept.Contains(returned.Message)).Buffer.Name);
        }

        // The last one first: each goes before what was behind it, or before what the owner had not been given.
        for (int i = _returned.Count - 1; i >= 0; i--)
        {
            (NameBuffer buffer, HeldMessage message) = _returned[i];
            if (!_kept.Contains(message))
            {
                buffers.Return(buffer, message, _places.TryGetValue(buffer, out HeldMessage? next) ? next : buffer.Next);
            }

            _places[buffer] = message;
        }

        _returned.Clear();
        _kept.Clear();
        _places.Clear();
    }

    public void Take(Block block, int length, QueuedFds? fds, Account payer, ChargeKind kind)
    {
        if (kind == ChargeKind.Sent)
        {
            bool isOneWay = IsDeclaredOneWay(block.Span(0, length));
            _unsentOneWay += isOneWay ? 1 : 0;
            if (TryReturn(block, length, fds, payer))
            {
                return;
            }

            if (isOneWay)
            {
                _lost++;
                counters.CountDropped(DropReason.OwnerGone);
            }
        }

        if (kind == ChargeKind.Received)
        {
            FindOriginal(block.Span(0, length));
        }

        block.Release();
        fds?.Dispose();
        payer.Release(kind, length);
    }

    private void FindOriginal(ReadOnlySpan<byte> copy)
    {
        if (MessageHeader.TryParse(copy, out MessageHeader header) == MessageViolation.None
            && header.Destination.IsPresent
            && table.TryFind(header.Destination.In(copy), out NameBuffer? buffer)
            && DurableDelivery.MarkUnsent(buffer, header.Sender.In(copy), header.Serial) is { } entry)
        {
            _returned.Add((buffer, entry.Message));
            _kept.Add(entry.Message);
        }
    }

    private bool IsDeclaredOneWay(ReadOnlySpan<byte> bytes) =>
        MessageHeader.TryParse(bytes, out MessageHeader header) == MessageViolation.None
        && !header.ExpectsReply
        && (!header.Destination.IsPresent || table.IsDeclared(header.Destination.In(bytes)));

    private bool TryReturn(Block block, int length, QueuedFds? fds, Account payer)
    {
        ReadOnlySpan<byte> bytes = block.Span(0, length);
        bool mayWait = MessageHeader.TryParse(bytes, out MessageHeader header) == MessageViolation.None
            && header.Type is MessageType.MethodCall or MessageType.Signal
            && (header.Flags & MessageFlags.NoAutoStart) == 0;
        ReadOnlySpan<byte> destination = header.Destination.In(bytes);
        if (!mayWait || (header.Destination.IsPresent && names.OwnerOf(destination) != _owner))
        {
            return false;
        }

        // Who has left meanwhile cannot be told anything, nor can policy know what it was called.
        if (connections.OwnerOf(header.Sender.In(bytes), names) is not { IsOpen: true, State: ConnectionState.Active } sender || sender.Account != payer)
        {
            return false;
        }

        NameBuffer? buffer;
        if (!header.Destination.IsPresent)
        {
            buffer = broadcasts.FindName(new RoutedMessage(bytes, header, bytes[..header.BodyOffset]) { Sender = sender }, OwnedBuffers());
        }
        else if (!table.TryOpen(destination, sender, out buffer))
        {
            return false;
        }

        if (buffer is null)
        {
            return false;
        }

        // Answered already, perhaps by reply_timeout: then it has had its outcome.
        if (header.ExpectsReply && !replies.TryTake(new PendingCall(sender.Id, _owner!.Id, header.Serial)))
        {
            return false;
        }

        HeldMessage message = new(sender, block, length, header, fds, clock.GetTimestamp()) { WasOverheard = true };
        if (room.TryTakeBack(buffer, message))
        {
            _returned.Add((buffer, message));
        }

        return true;
    }

    private IEnumerable<NameBuffer> OwnedBuffers()
    {
        foreach (string name in names.OwnedNames(_owner!))
        {
            if (table.TryFind(name, out NameBuffer? buffer))
            {
                yield return buffer;
            }
        }
    }
}
