using System.Runtime.CompilerServices;
using XcpBroker.Buffers;
using XcpBroker.Quotas;
using XcpBroker.Transport;

namespace XcpBroker.Connections;

/// <summary>The bytes that wait for one peer: small messages merged in blocks of our own, long bodies as shared blocks.</summary>
/// <remarks>
/// Each byte is charged to an account until it is sent (<see cref="Account"/>: the sender's for calls and unicast signals, the
/// receiver's for the rest). A message with descriptors is a gather write of its own, since they ride on its first byte.
/// A queue is taken from <see cref="OutgoingQueuePool"/> while it holds something; an idle connection has none.
/// </remarks>
internal sealed class OutgoingQueue
{
    /// <summary>Bytes from which on a body is referred to where it lies, not copied.</summary>
    private const int ShareThreshold = 8 * 1024;

    private OutgoingSegment[] _segments = new OutgoingSegment[4];
    private int _head;
    private int _count;
    private bool _canMerge;
    private Charge[] _charges = new Charge[4];
    private int _chargeHead;
    private int _chargeCount;
    private MessageBoundaries _messages;

    /// <summary>Bytes not yet sent.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Descriptors not yet sent.</summary>
    internal int Fds { get; private set; }

    /// <summary>Messages not yet wholly sent.</summary>
    internal int Messages => _messages.Count;

    internal bool IsEmpty => _count == 0;

    /// <summary>Of those that wait to be used again.</summary>
    internal OutgoingQueue? NextIdle { get; set; }

    /// <summary>Has not grown beyond what is worth keeping between two uses.</summary>
    internal bool IsSmall => _segments.Length + _charges.Length + _messages.Capacity <= 128;

    /// <summary>Queues one message.</summary>
    internal void Append(BlockPool pool, in OutgoingMessage message, QueuedFds? fds, Account payer, ChargeKind kind)
    {
        int length = message.Length;
        bool shares = message.BodyBlock is not null && message.Body.Length >= ShareThreshold;
        Span<byte> room = Reserve(pool, shares ? message.Header.Length : length, fds);
        message.Header.CopyTo(room);
        if (shares)
        {
            Push(message.BodyBlock!.Share(), message.BodyOffset, message.Body.Length).IsFdMessage = fds is not null;
            _canMerge = false;
        }
        else if (message.Body.Length > 0)
        {
            message.Body.CopyTo(room[message.Header.Length..]);
        }

        Bytes += length;
        _messages.Append(length);
        AddCharge(payer, kind, length);
    }

    /// <summary>Sends what the transport takes.</summary>
    /// <returns>0, or what <see cref="ITransportConnection.Send"/> refuses with.</returns>
    internal int Flush(BlockPool pool, ITransportConnection transport)
    {
        int result = Send(transport);
        if (_count > 0)
        {
            LeaveScratch(pool);
        }

        return result;
    }

    private int Send(ITransportConnection transport)
    {
        while (_count > 0)
        {
            ReadOnlySpan<OutgoingSegment> batch = NextBatch(out int batchBytes);
            int sent = transport.Send(batch, batch[0].Fds?.Set);
            if (sent < 0)
            {
                return sent;
            }

            if (sent == Bytes)
            {
                Clear();
                return 0;
            }

            if (sent > 0)
            {
                DropFds(ref _segments[_head]);
                Advance(sent);
            }

            if (sent < batchBytes)
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>Empties the queue: each whole message that has not begun to be sent goes to the taker, in order.</summary>
    internal void TakeUnsent(BlockPool pool, IUnsentTaker taker)
    {
        while (_messages.Count > 0)
        {
            int length = _messages.FirstLeft;
            if (!_messages.FirstIsWhole)
            {
                DropFds(ref _segments[_head]);
                Advance(length);
                continue;
            }

            ref OutgoingSegment first = ref _segments[_head];
            QueuedFds? fds = first.Fds;
            first.Fds = null;
            Fds -= fds?.Set.Count ?? 0;
            Block block = pool.Rent(length);
            CopyTo(block.Span(0, length));
            (Account payer, ChargeKind kind) = TakeCharge(length);
            AdvanceBytes(length);
            taker.Take(block, length, fds, payer, kind);
        }
    }

    /// <summary>Lets go of everything, sent or unsent.</summary>
    internal void Clear()
    {
        foreach (ref OutgoingSegment segment in _segments.AsSpan(_head, _count))
        {
            DropFds(ref segment);
            segment.Block.Release();
            segment = default;
        }

        foreach (ref Charge charge in _charges.AsSpan(_chargeHead, _chargeCount))
        {
            charge.Payer.Release(charge.Kind, charge.Bytes);
            charge.Payer = null!;
        }

        _head = 0;
        _count = 0;
        _canMerge = false;
        _chargeHead = 0;
        _chargeCount = 0;
        Bytes = 0;
        _messages.Clear();
    }

    /// <summary>What stays queued after this turn moves out of scratch blocks, of which it may use a small part only.</summary>
    private void LeaveScratch(BlockPool pool)
    {
        foreach (ref OutgoingSegment segment in _segments.AsSpan(_head, _count))
        {
            if (segment.Block.IsScratch)
            {
                Block own = pool.Rent(segment.Length);
                segment.Block.Span(segment.Offset, segment.Length).CopyTo(own.Span(0, segment.Length));
                segment.Block.Release();
                segment.Block = own;
                segment.Offset = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(BlockPool pool, int length, QueuedFds? fds)
    {
        if (_canMerge && fds is null)
        {
            ref OutgoingSegment last = ref _segments[_head + _count - 1];
            int used = last.Offset + last.Length;
            if (last.Block.Capacity - used >= length)
            {
                last.Length += length;
                return last.Block.Span(used, length);
            }
        }

        return ReserveBlock(pool, length, fds);
    }

    private Span<byte> ReserveBlock(BlockPool pool, int length, QueuedFds? fds)
    {
        // The first block is small since most queues hold one short message for one turn; a queue that grows gets larger ones.
        Block block = pool.Rent(Math.Max(length, _count switch { 0 => 1, 1 => 16 * 1024, _ => 64 * 1024 }));
        ref OutgoingSegment segment = ref Push(block, 0, length);
        _canMerge = fds is null;
        if (fds is not null)
        {
            segment.Fds = fds;
            segment.IsFdMessage = true;
            Fds += fds.Set.Count;
        }

        return block.Span(0, length);
    }

    private ReadOnlySpan<OutgoingSegment> NextBatch(out int bytes)
    {
        if (_count == 1)
        {
            bytes = (int)Bytes;
            return _segments.AsSpan(_head, 1);
        }

        ReadOnlySpan<OutgoingSegment> waiting = _segments.AsSpan(_head, Math.Min(_count, SocketIO.MaxSegments));
        bytes = waiting[0].Length;
        int length = 1;
        while (length < waiting.Length && waiting[length].Fds is null && waiting[length].IsFdMessage == waiting[0].IsFdMessage)
        {
            bytes += waiting[length++].Length;
        }

        return waiting[..length];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void DropFds(ref OutgoingSegment segment)
    {
        if (segment.Fds is not null)
        {
            LetGo(segment.Fds);
            segment.Fds = null;
        }
    }

    private void LetGo(QueuedFds fds)
    {
        Fds -= fds.Set.Count;
        fds.Dispose();
    }

    private void Advance(int sent)
    {
        ReleaseCharges(sent);
        AdvanceBytes(sent);
    }

    private void AdvanceBytes(int sent)
    {
        Bytes -= sent;
        _messages.Advance(sent);
        while (sent > 0)
        {
            ref OutgoingSegment first = ref _segments[_head];
            if (sent < first.Length)
            {
                first.Offset += sent;
                first.Length -= sent;
                return;
            }

            sent -= first.Length;
            Pop();
        }
    }

    private void CopyTo(Span<byte> target)
    {
        for (int index = _head; !target.IsEmpty; index++)
        {
            ref OutgoingSegment segment = ref _segments[index];
            int part = Math.Min(segment.Length, target.Length);
            segment.Block.Span(segment.Offset, part).CopyTo(target);
            target = target[part..];
        }
    }

    // Into a place that is all zero: Pop leaves them so.
    private ref OutgoingSegment Push(Block block, int offset, int length)
    {
        MakeRoom(ref _segments, ref _head, _count);
        ref OutgoingSegment segment = ref _segments[_head + _count++];
        segment.Block = block;
        segment.Offset = offset;
        segment.Length = length;
        return ref segment;
    }

    private void Pop()
    {
        _segments[_head].Block.Release();
        _segments[_head] = default;
        _head++;
        if (--_count == 0)
        {
            _head = 0;
            _canMerge = false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddCharge(Account payer, ChargeKind kind, int bytes)
    {
        if (_chargeCount > 0)
        {
            ref Charge last = ref _charges[_chargeHead + _chargeCount - 1];
            if (ReferenceEquals(last.Payer, payer) && last.Kind == kind)
            {
                last.Bytes += bytes;
                return;
            }
        }

        PushCharge(payer, kind, bytes);
    }

    private void PushCharge(Account payer, ChargeKind kind, int bytes)
    {
        MakeRoom(ref _charges, ref _chargeHead, _chargeCount);
        ref Charge charge = ref _charges[_chargeHead + _chargeCount++];
        charge.Payer = payer;
        charge.Kind = kind;
        charge.Bytes = bytes;
    }

    /// <summary>Takes over what the first message is charged to; all of it is one charge.</summary>
    private (Account Payer, ChargeKind Kind) TakeCharge(int bytes)
    {
        ref Charge first = ref _charges[_chargeHead];
        (Account, ChargeKind) taken = (first.Payer, first.Kind);
        first.Bytes -= bytes;
        if (first.Bytes == 0)
        {
            PopCharge();
        }

        return taken;
    }

    private void ReleaseCharges(long sent)
    {
        while (sent > 0)
        {
            ref Charge first = ref _charges[_chargeHead];
            long part = Math.Min(sent, first.Bytes);
            first.Payer.Release(first.Kind, part);
            first.Bytes -= part;
            sent -= part;
            if (first.Bytes == 0)
            {
                PopCharge();
            }
        }
    }

    private void PopCharge()
    {
        _charges[_chargeHead] = default;
        _chargeHead++;
        if (--_chargeCount == 0)
        {
            _chargeHead = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MakeRoom<T>(ref T[] items, ref int head, int count)
    {
        if (head + count == items.Length)
        {
            Extend(ref items, ref head, count);
        }
    }

    private static void Extend<T>(ref T[] items, ref int head, int count)
    {
        // More room only when the front has not freed at least half of it, so that moving stays cheap per item.
        T[] target = head < items.Length / 2 ? new T[items.Length * 2] : items;
        Array.Copy(items, head, target, 0, count);
        if (ReferenceEquals(target, items))
        {
            Array.Clear(items, count, head);
        }

        items = target;
        head = 0;
    }

    private struct Charge
    {
        internal Account Payer;
        internal ChargeKind Kind;
        internal long Bytes;
    }
}
