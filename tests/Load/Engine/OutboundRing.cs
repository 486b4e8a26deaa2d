using System.Runtime.InteropServices;

namespace XcpBroker.Load.Engine;

/// <summary>Copies of one message side by side in native memory, so that many go out with one call and only serials are written.</summary>
/// <remarks>The messages carry consecutive serials from 1, replies answer consecutive serials from 1.</remarks>
internal sealed unsafe class OutboundRing : IDisposable
{
    private const int SerialOffset = 8;
    private const int TargetBytes = 256 * 1024;
    private readonly byte* _slots;
    private readonly int _slotBytes;
    private readonly int _slotCount;
    private readonly int _replySerialOffset;
    private uint _serial;
    private int _head;
    private int _sentOfHead;

    internal OutboundRing(Template template)
    {
        _slotBytes = template.Bytes.Length;
        _slotCount = Math.Clamp(TargetBytes / _slotBytes, 2, 1024);
        _replySerialOffset = template.ReplySerialOffset;
        _slots = (byte*)NativeMemory.AlignedAlloc((nuint)(_slotBytes * _slotCount), 64);
        for (int slot = 0; slot < _slotCount; slot++)
        {
            template.Bytes.CopyTo(new Span<byte>(_slots + (slot * _slotBytes), _slotBytes));
        }
    }

    /// <summary>Messages queued since the beginning.</summary>
    internal long Queued => _serial;

    /// <summary>Messages queued and not yet handed to the kernel as a whole.</summary>
    internal int Pending { get; private set; }

    /// <summary>No more may be queued before something is sent.</summary>
    internal bool IsFull => Pending == _slotCount;

    internal void Queue()
    {
        int slot = _head + Pending;
        byte* message = _slots + ((slot >= _slotCount ? slot - _slotCount : slot) * _slotBytes);
        *(uint*)(message + SerialOffset) = ++_serial;
        if (_replySerialOffset != 0)
        {
            *(uint*)(message + _replySerialOffset) = _serial;
        }

        Pending++;
    }

    /// <summary>The bytes to send next: all pending ones up to the ring's end, or the rest of one message.</summary>
    internal ReadOnlySpan<byte> Head(bool oneMessage)
    {
        int messages = oneMessage ? Math.Min(1, Pending) : Math.Min(Pending, _slotCount - _head);
        return new ReadOnlySpan<byte>(_slots + (_head * _slotBytes) + _sentOfHead, (messages * _slotBytes) - _sentOfHead);
    }

    /// <summary>That many bytes of the head are in the kernel.</summary>
    internal void Advance(int bytes)
    {
        int total = _sentOfHead + bytes;
        int messages = total / _slotBytes;
        _sentOfHead = total - (messages * _slotBytes);
        Pending -= messages;
        _head = (_head + messages) % _slotCount;
    }

    public void Dispose() => NativeMemory.AlignedFree(_slots);
}
