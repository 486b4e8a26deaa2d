using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Marshalling in either byte order. Nothing is checked: wrong messages are half of the point.</summary>
/// <remarks>Written apart from XcpBroker.Protocol, so that the two cannot share a mistake.</remarks>
internal sealed class WireOutput(bool isBigEndian)
{
    private readonly List<byte> _bytes = [];

    internal int Length => _bytes.Count;

    internal byte[] ToArray() => [.. _bytes];

    internal void Raw(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    internal void Align(int to)
    {
        while (_bytes.Count % to != 0)
        {
            _bytes.Add(0);
        }
    }

    /// <summary>The low bytes of a number, aligned to its size (1, 2, 4 or 8).</summary>
    internal void Number(ulong value, int size)
    {
        Align(size);
        int at = _bytes.Count;
        CollectionsMarshal.SetCount(_bytes, at + size);
        Put(at, value, size);
    }

    /// <summary>STRING and OBJECT_PATH; a character is a byte.</summary>
    internal void Text(string latin)
    {
        Number((ulong)latin.Length, 4);
        Raw(Encoding.Latin1.GetBytes(latin));
        _bytes.Add(0);
    }

    internal void Signature(string signature)
    {
        _bytes.Add((byte)signature.Length);
        Raw(Encoding.Latin1.GetBytes(signature));
        _bytes.Add(0);
    }

    /// <summary>Returns where the elements begin; the length stands in the four bytes found by <see cref="EndArray"/>.</summary>
    internal (int LengthAt, int Start) BeginArray(int elementAlignment)
    {
        Number(0, 4);
        int lengthAt = _bytes.Count - 4;
        Align(elementAlignment);
        return (lengthAt, _bytes.Count);
    }

    internal void EndArray((int LengthAt, int Start) array) => Put(array.LengthAt, (ulong)(_bytes.Count - array.Start), 4);

    private void Put(int at, ulong value, int size)
    {
        Span<byte> eight = stackalloc byte[8];
        Span<byte> target = CollectionsMarshal.AsSpan(_bytes).Slice(at, size);
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(eight, value);
            eight[(8 - size)..].CopyTo(target);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            eight[..size].CopyTo(target);
        }
    }
}
