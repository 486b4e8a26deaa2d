using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>SipHash-1-3 of bytes that peers choose, keyed at random for this process: nobody outside can make values collide.</summary>
/// <remarks>Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). The keys are Guid.NewGuid's, which are the kernel's.</remarks>
public static class SeededHash
{
    private const int BlockBytes = sizeof(ulong);

    private static readonly ulong[] Keys = MemoryMarshal.Cast<Guid, ulong>([Guid.NewGuid()]).ToArray();

    /// <summary>The hash of all the bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        State state = new(Keys);
        ReadOnlySpan<byte> rest = bytes;
        for (; rest.Length >= BlockBytes; rest = rest[BlockBytes..])
        {
            state.Add(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        return state.Finish(rest, bytes.Length);
    }

    /// <summary>Hashes of several prefixes of the same bytes for little more than the cost of the longest.</summary>
    public ref struct Prefixes
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private State _state;
        private int _position;

        /// <summary>Nothing is hashed yet.</summary>
        public Prefixes(ReadOnlySpan<byte> bytes)
        {
            _bytes = bytes;
            _state = new State(Keys);
        }

        /// <summary>The same as <see cref="Of"/> for the first <paramref name="length"/> bytes.</summary>
        /// <param name="length">Not smaller than the last time.</param>
        public uint HashOf(int length)
        {
            State state = _state;
            for (; _position + BlockBytes <= length; _position += BlockBytes)
            {
                state.Add(BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]));
            }

            _state = state;
            return state.Finish(_bytes[_position..length], length);
        }
    }

    /// <summary>Everything is inlined, so that the four words stay in registers.</summary>
    private struct State
    {
        private ulong _v0;
        private ulong _v1;
        private ulong _v2;
        private ulong _v3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal State(ulong[] keys)
        {
            _v0 = keys[0] ^ 0x736f6d6570736575;
            _v1 = keys[1] ^ 0x646f72616e646f6d;
            _v2 = keys[0] ^ 0x6c7967656e657261;
            _v3 = keys[1] ^ 0x7465646279746573;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Add(ulong block)
        {
            _v3 ^= block;
            Round();
            _v0 ^= block;
        }

        /// <param name="tail">The bytes behind the last whole block.</param>
        /// <param name="length">Bytes in all.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal uint Finish(ReadOnlySpan<byte> tail, int length)
        {
            Add(((ulong)length << 56) | Read(tail));
            _v2 ^= 0xff;
            Round();
            Round();
            Round();
            ulong hash = _v0 ^ _v1 ^ _v2 ^ _v3;
            return (uint)(hash ^ (hash >> 32));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Read(ReadOnlySpan<byte> tail)
        {
            ulong value = 0;
            if ((tail.Length & 4) != 0)
            {
                value = BinaryPrimitives.ReadUInt32LittleEndian(tail);
            }

            if ((tail.Length & 2) != 0)
            {
                value |= (ulong)BinaryPrimitives.ReadUInt16LittleEndian(tail[(tail.Length & 4)..]) << (8 * (tail.Length & 4));
            }

            return (tail.Length & 1) == 0 ? value : value | ((ulong)tail[^1] << (8 * (tail.Length - 1)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Round()
        {
            _v0 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
