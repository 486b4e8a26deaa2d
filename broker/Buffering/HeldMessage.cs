using System.Diagnostics;
using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Loop;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Buffering;

/// <summary>A message that waits inside the bus until its receiver is there: a copy of its own, paid by its sender.</summary>
/// <remarks>
/// Made by <see cref="MessageHolder"/>, in one <see cref="HeldQueue"/> at a time. Whoever takes it out of its queue gives it back with
/// <see cref="Release"/>, once; what the receiver's queue took over by then (charge, descriptors) stays there.
/// </remarks>
internal sealed class HeldMessage
{
    private readonly Block _block;
    private readonly int _length;
    private readonly int _charged;
    private readonly MessageHeader _header;
    private readonly BusDomain? _domain;
    private Account? _payer;
    private QueuedFds? _fds;

    /// <param name="sender">Who sent it.</param>
    /// <param name="block">Holds the message as it is delivered, from its first byte; taken over.</param>
    /// <param name="length">Bytes of it, which the sender's account has been charged as <see cref="ChargeKind.Sent"/>.</param>
    /// <param name="header">Of those bytes.</param>
    /// <param name="fds">Its descriptors, taken over with their charge.</param>
    /// <param name="heldAt">When it came, as a timestamp of the loop's clock.</param>
    /// <param name="overhead">What the account has been charged besides.</param>
    /// <param name="isPaid">Whether it has been charged at all.</param>
    internal HeldMessage(
        Connection sender, Block block, int length, in MessageHeader header, QueuedFds? fds, long heldAt, int overhead = 0, bool isPaid = true)
    {
        Sender = sender;
        _block = block;
        _length = length;
        _charged = length + overhead;
        _header = header;
        _payer = isPaid ? sender.Account : null;
        _fds = fds;
        HeldAt = heldAt;
        _domain = sender.Domain;
        _domain?.Held += 1;
    }

    /// <summary>Who sent it; may be gone. Its credentials and policy are still those of the sender.</summary>
    internal Connection Sender { get; }

    /// <summary>A signal that is for all.</summary>
    internal bool IsBroadcast => !_header.Destination.IsPresent;

    internal MessageType Type => _header.Type;

    internal uint Serial => _header.Serial;

    /// <summary>A call whose sender waits for an answer: it is answered exactly once, or its sender is gone.</summary>
    internal bool ExpectsReply => _header.ExpectsReply;

    /// <summary>Bytes.</summary>
    internal int Length => _length;

    /// <summary>When it came, as a timestamp of the loop's clock.</summary>
    internal long HeldAt { get; }

    /// <summary>The names that the sender owned or waited for when it left; null while it is there.</summary>
    internal IReadOnlyList<string>? NamesOfGoneSender { get; set; }

    /// <summary>When it is given up, where it has a deadline of its own; called off by <see cref="Release"/>.</summary>
    internal Deadline Deadline { get; set; }

    /// <summary>Its place in the journal; null: it has none.</summary>
    internal DurableEntry? Durable { get; set; }

    /// <summary>It is in the journal, and stays until its receiver has it.</summary>
    internal bool IsDurable => Durable is { IsOver: false };

    /// <summary>Eavesdroppers have had their copies: it is the same message however often it is delivered.</summary>
    internal bool WasOverheard { get; set; }

    /// <summary>It is in the buffer whatever the limits of that say.</summary>
    internal bool IsOutsideShares { get; set; }

    internal HeldQueue? Queue { get; set; }

    internal HeldMessage? Next { get; set; }

    internal HeldMessage? Previous { get; set; }

    internal HeldMessage? NextOfSender { get; set; }

    internal HeldMessage? PreviousOfSender { get; set; }

    /// <summary>The next one of its sender in the same buffer.</summary>
    internal HeldMessage? NewerOfShare { get; set; }

    internal HeldMessage? OlderOfShare { get; set; }

    /// <summary>The message as the router sees one. A view: valid until <see cref="Release"/>.</summary>
    internal RoutedMessage View
    {
        get
        {
            ReadOnlySpan<byte> bytes = _block.Span(0, _length);
            return new RoutedMessage(bytes, _header, bytes[.._header.BodyOffset]) { Sender = Sender, Block = _block, Fds = _fds?.Set, Held = this };
        }
    }

    /// <summary>Its bytes and descriptors are in its receiver's queue now, and with them what they are charged to.</summary>
    internal Account PassOn(out QueuedFds? fds)
    {
        Debug.Assert(_payer is not null, "passed on twice");
        Account payer = _payer;
        payer.Release(ChargeKind.Sent, _charged - _length);
        fds = _fds;
        _payer = null;
        _fds = null;
        return payer;
    }

    /// <summary>The end of it. What was not passed on is given back.</summary>
    internal void Release()
    {
        Debug.Assert(Queue is null, "released while it is in a queue");
        Deadline.Cancel();
        Unlink();
        _domain?.Held -= 1;
        _block.Release();
        _fds?.Dispose();
        _fds = null;
        _payer?.Release(ChargeKind.Sent, _charged);
        _payer = null;
        Durable?.Sender.Release();
    }

    /// <summary>Puts it into the list of what its sender has waiting.</summary>
    internal void LinkToSender()
    {
        NextOfSender = Sender.FirstHeld;
        if (NextOfSender is { } next)
        {
            next.PreviousOfSender = this;
        }

        Sender.FirstHeld = this;
    }

    private void Unlink()
    {
        if (Sender.FirstHeld == this)
        {
            Sender.FirstHeld = NextOfSender;
        }

        if (PreviousOfSender is { } previous)
        {
            previous.NextOfSender = NextOfSender;
        }

        if (NextOfSender is { } next)
        {
            next.PreviousOfSender = PreviousOfSender;
        }

        NextOfSender = null;
        PreviousOfSender = null;
    }
}
