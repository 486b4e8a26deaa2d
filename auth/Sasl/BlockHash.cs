using System.Buffers.Binary;

namespace XcpBroker.Auth.Sasl;

/// <summary>A hash that mixes one block of the input after the other into its state: what differs between those of the SHA family.</summary>
internal interface IBlockHash
{
    static abstract ReadOnlySpan<uint> InitialState { get; }

    /// <summary>Mixes the first <see cref="BlockHash.BlockBytes"/> bytes into the state, which has the length of <see cref="InitialState"/>.</summary>
    static abstract void Mix(Span<uint> state, ReadOnlySpan<byte> block);
}

/// <summary>Padding and blocks, the same for SHA-1 and SHA-256 (FIPS 180-4, sections 5.1.1 and 5.2.1).</summary>
internal static class BlockHash
{
    internal const int BlockBytes = 64;

    /// <summary>Writes the hash: the state in the end, big-endian.</summary>
    internal static void Hash<T>(ReadOnlySpan<byte> input, Span<byte> hash)
        where T : IBlockHash
    {
        Span<uint> state = stackalloc uint[T.InitialState.Length];
        T.InitialState.CopyTo(state);
        ReadOnlySpan<byte> rest = input;
        for (; rest.Length >= BlockBytes; rest = rest[BlockBytes..])
        {
            T.Mix(state, rest);
        }

        // One bit, zeros, and the length in bits at the end of a block: of this one if it has room for all that.
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        int length = rest.Length + 1 + sizeof(ulong) <= BlockBytes ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteUInt64BigEndian(last[(length - sizeof(ulong))..], 8 * (ulong)input.Length);
        for (int start = 0; start < length; start += BlockBytes)
        {
            T.Mix(state, last[start..]);
        }

        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], state[i]);
        }
    }
}
