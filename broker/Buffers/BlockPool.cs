using System.Numerics;

namespace XcpBroker.Buffers;

/// <summary>Free lists of native blocks in powers of two from 1 KiB to 4 MiB; larger blocks are made and freed to measure.</summary>
/// <remarks>Bus loop only. Idle blocks are kept up to a cap of bytes; what comes back beyond it is freed at once.</remarks>
internal sealed class BlockPool(long maxIdleBytes = BlockPool.DefaultMaxIdleBytes) : IDisposable
{
    internal const long DefaultMaxIdleBytes = 4 << 20;
    private const int SmallestShift = 10;
    private const int LargestShift = 22;

    private readonly Block?[] _free = new Block?[LargestShift - SmallestShift + 1];

    /// <summary>Blocks that somebody holds; zero when nothing leaks.</summary>
    internal int Outstanding { get; private set; }

    /// <summary>Bytes in blocks that somebody holds.</summary>
    internal long OutstandingBytes { get; private set; }

    /// <summary>Bytes in blocks that wait in the free lists.</summary>
    internal long IdleBytes { get; private set; }

    /// <summary>A block of at least <paramref name="bytes"/>, with one reference for the caller.</summary>
    internal Block Rent(int bytes)
    {
        int shift = bytes <= 1 << SmallestShift ? SmallestShift : BitOperations.Log2((uint)(bytes - 1)) + 1;
        Block block;
        if (shift > LargestShift)
        {
            block = new Block(this, bytes, -1);
        }
        else if (_free[shift - SmallestShift] is { } idle)
        {
            _free[shift - SmallestShift] = idle.NextFree;
            idle.NextFree = null;
            IdleBytes -= idle.Capacity;
            block = idle;
        }
        else
        {
            block = new Block(this, 1 << shift, shift - SmallestShift);
        }

        block.Rent();
        Outstanding++;
        OutstandingBytes += block.Capacity;
        return block;
    }

    internal void Return(Block block)
    {
        Outstanding--;
        OutstandingBytes -= block.Capacity;
        block.IsScratch = false;
        if (block.SizeClass < 0 || IdleBytes + block.Capacity > maxIdleBytes)
        {
            block.Free();
            return;
        }

#if DEBUG
        block.GetSpan().Fill(0xDD);
#endif
        block.NextFree = _free[block.SizeClass];
        _free[block.SizeClass] = block;
        IdleBytes += block.Capacity;
    }

    /// <summary>Frees every idle block.</summary>
    internal void Trim()
    {
        for (int i = 0; i < _free.Length; i++)
        {
            while (_free[i] is { } block)
            {
                _free[i] = block.NextFree;
                block.NextFree = null;
                block.Free();
            }
        }

        IdleBytes = 0;
    }

    public void Dispose() => Trim();
}
