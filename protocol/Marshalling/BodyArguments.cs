using System.Runtime.CompilerServices;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>The first 64 arguments of a validated body, for match rules. Walks no further than asked and remembers where it was.</summary>
/// <remarks>Pass it by reference, else the memory is lost with the copy.</remarks>
public ref struct BodyArguments
{
    /// <summary>Arguments that a match rule can name: arg0 to arg63.</summary>
    public const int MaxArguments = 64;

    private readonly ReadOnlySpan<byte> _body;
    private readonly ReadOnlySpan<byte> _signature;
    private readonly bool _isBigEndian;
    private Places _places;
    private int _walked;
    private int _position;
    private int _signatureAt;

    /// <summary>Nothing is read yet.</summary>
    public BodyArguments(ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature, bool isBigEndian)
    {
        _body = body;
        _signature = signature;
        _isBigEndian = isBigEndian;
    }

    /// <summary>The text of one argument.</summary>
    /// <param name="index">0 to 63.</param>
    /// <param name="type">'s', 'o' or 'g', or 0 for an argument of another type.</param>
    /// <param name="value">The text without NUL; empty for another type.</param>
    /// <returns>False if the body has no such argument.</returns>
    public bool TryGet(int index, out byte type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if ((uint)index >= MaxArguments)
        {
            return false;
        }

        while (_walked <= index)
        {
            if (!WalkOne())
            {
                return false;
            }
        }

        Place place = _places[index];
        type = place.Type;
        if (type != 0)
        {
            value = TextAt(place);
        }

        return true;
    }

    private readonly ReadOnlySpan<byte> TextAt(Place place)
    {
        WireReader reader = new(_body, _isBigEndian, place.Offset);
        return place.Type == WireType.Signature ? reader.ReadSignature() : reader.ReadString();
    }

    private bool WalkOne()
    {
        if (_signatureAt >= _signature.Length)
        {
            return false;
        }

        byte type = _signature[_signatureAt];
        _places[_walked] = new Place(_position, type);
        WireReader reader = new(_body, _isBigEndian, _position);
        reader.SkipValue(_signature, ref _signatureAt, depth: 0);
        if (reader.Failed)
        {
            _signatureAt = _signature.Length;
            return false;
        }

        _position = reader.Position;
        _walked++;
        return true;
    }

    // Offset of the value, padding not yet skipped, and its kind, in one number: a body has less than 2^28 bytes.
    private readonly struct Place(int offset, byte type)
    {
        private readonly uint _packed = ((uint)offset << 2) | type switch
        {
            WireType.String => 1u,
            WireType.ObjectPath => 2u,
            WireType.Signature => 3u,
            _ => 0u,
        };

        internal int Offset => (int)(_packed >> 2);

        internal byte Type => "\0sog"u8[(int)(_packed & 3)];
    }

    [InlineArray(MaxArguments)]
    private struct Places
    {
        private Place _first;
    }
}
