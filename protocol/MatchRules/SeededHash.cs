using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>SipHash-1-3 of bytes that peers choose, keyed at random for this process: nobody outside can make values collide.</summary>
/// <remarks>Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). The keys are Guid.NewGuid's, which are the kernel's.</remarks>
public static class SeededHash
{
    private static readonly (ulong First, ulong Second) Keys = CreateKeys();

    /// <summary>The hash of all the bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => new Prefixes(bytes).HashOf(bytes.Length);

    private static (ulong First, ulong Second) CreateKeys()
    {
        Guid random = Guid.NewGuid();
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in random));
        return (halves[0], halves[1]);
    }

    /// <summary>Hashes of several prefixes of the same bytes for little more than the cost of the longest.</summary>
    public ref struct Prefixes
    {
        private const int BlockBytes = sizeof(ulong);

        private readonly ReadOnlySpan<byte> _bytes;
        private State _state;
        private int _position;

        /// <summary>Nothing is hashed yet.</summary>
        public Prefixes(ReadOnlySpan<byte> bytes)
        {
            _bytes = bytes;
            _state = new State(Keys.First, Keys.Second);
        }

        /// <summary>The same as <see cref="Of"/> for the first <paramref name="length"/> bytes.</summary>
        /// <param name="length">Not smaller than the last time.</param>
        public uint HashOf(int length)
        {
            for (; _position + BlockBytes <= length; _position += BlockBytes)
            {
                _state.Add(BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]));
            }

            State last = _state;
            last.Add(TailOf(length));
            return last.Finish();
        }

        /// <summary>The bytes behind the last whole block, and the length in the top byte.</summary>
        private readonly ulong TailOf(int length)
        {
            ulong tail = (ulong)length << 56;
            ReadOnlySpan<byte> rest = _bytes[_position..length];
            for (int index = 0; index < rest.Length; index++)
            {
                tail |= (ulong)rest[index] << (8 * index);
            }

            return tail;
        }
    }

    private struct State(ulong first, ulong second)
    {
        private ulong _v0 = first ^ 0x736f6d6570736575;
        private ulong _v1 = second ^ 0x646f72616e646f6d;
        private ulong _v2 = first ^ 0x6c7967656e657261;
        private ulong _v3 = second ^ 0x7465646279746573;

        internal void Add(ulong block)
        {
            _v3 ^= block;
            Round();
            _v0 ^= block;
        }

        internal uint Finish()
        {
            _v2 ^= 0xff;
            Round();
            Round();
            Round();
            ulong hash = _v0 ^ _v1 ^ _v2 ^ _v3;
            return (uint)(hash ^ (hash >> 32));
        }

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
