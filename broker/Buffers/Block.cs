using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace XcpBroker.Buffers;

/// <summary>Native memory that several outgoing queues may share.</summary>
/// <remarks>Ownership: whoever holds a reference calls <see cref="Release"/> once. Bus loop only, so the count is a plain int.</remarks>
internal sealed unsafe class Block : MemoryManager<byte>
{
    private readonly BlockPool _pool;
    private int _references;

    internal Block(BlockPool pool, int capacity, int sizeClass)
    {
        _pool = pool;
        Capacity = capacity;
        SizeClass = sizeClass;
        Pointer = (byte*)NativeMemory.Alloc((nuint)capacity);
    }

    internal byte* Pointer { get; private set; }

    /// <summary>Bytes.</summary>
    internal int Capacity { get; }

    /// <summary>Index of the free list it goes back to; -1 is none.</summary>
    internal int SizeClass { get; }

    internal Block? NextFree { get; set; }

    /// <summary>Holds what one read brought, of whoever it came from: only for this turn, since a few bytes would keep all of it.</summary>
    internal bool IsScratch { get; set; }

    internal bool IsShared => _references > 1;

    internal Span<byte> Span(int offset, int length) => new(Pointer + offset, length);

    public override Span<byte> GetSpan() => new(Pointer, Capacity);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    public override void Unpin()
    {
    }

    internal void Rent()
    {
        Debug.Assert(_references == 0, "block rented twice");
        _references = 1;
    }

    internal Block Share()
    {
        Debug.Assert(_references > 0, "block shared after its last release");
        _references++;
        return this;
    }

    internal void Release()
    {
        Debug.Assert(_references > 0, "block released twice");
        if (--_references == 0)
        {
            _pool.Return(this);
        }
    }

    internal void Free()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }

    protected override void Dispose(bool disposing) => Release();
}
