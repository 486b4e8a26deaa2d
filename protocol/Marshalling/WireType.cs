using System.Runtime.CompilerServices;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Type codes of the specification (basic-types, container-types) and their shape on the wire.</summary>
public static class WireType
{
    /// <summary>BYTE.</summary>
    public const byte Byte = (byte)'y';

    /// <summary>BOOLEAN.</summary>
    public const byte Boolean = (byte)'b';

    /// <summary>STRING.</summary>
    public const byte String = (byte)'s';

    /// <summary>OBJECT_PATH.</summary>
    public const byte ObjectPath = (byte)'o';

    /// <summary>SIGNATURE.</summary>
    public const byte Signature = (byte)'g';

    /// <summary>UINT32.</summary>
    public const byte UInt32 = (byte)'u';

    /// <summary>VARIANT.</summary>
    public const byte Variant = (byte)'v';

    /// <summary>ARRAY; a complete type follows.</summary>
    public const byte Array = (byte)'a';

    /// <summary>Opens a STRUCT.</summary>
    public const byte StructBegin = (byte)'(';

    /// <summary>Closes a STRUCT.</summary>
    public const byte StructEnd = (byte)')';

    /// <summary>Opens a DICT_ENTRY.</summary>
    public const byte DictBegin = (byte)'{';

    /// <summary>Closes a DICT_ENTRY.</summary>
    public const byte DictEnd = (byte)'}';

    private const uint BasicTypes =
        (1u << ('y' - 'a')) | (1u << ('b' - 'a')) | (1u << ('n' - 'a')) | (1u << ('q' - 'a')) | (1u << ('i' - 'a')) | (1u << ('u' - 'a'))
        | (1u << ('x' - 'a')) | (1u << ('t' - 'a')) | (1u << ('d' - 'a')) | (1u << ('h' - 'a'))
        | (1u << ('s' - 'a')) | (1u << ('o' - 'a')) | (1u << ('g' - 'a'));

    // From 'a' to 'z'.
    private static ReadOnlySpan<byte> FixedSizes => [0, 4, 0, 8, 0, 0, 0, 4, 4, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 8, 4, 0, 0, 8, 1, 0];

    private static ReadOnlySpan<byte> Alignments => [4, 4, 0, 8, 0, 0, 1, 4, 4, 0, 0, 0, 0, 2, 4, 0, 2, 0, 4, 8, 4, 1, 0, 8, 1, 0];

    /// <summary>Bytes of a value of fixed size (1, 2, 4, 8), 0 for any other type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FixedSize(byte type)
    {
        ReadOnlySpan<byte> sizes = FixedSizes;
        int index = type - 'a';
        return (uint)index < (uint)sizes.Length ? sizes[index] : 0;
    }

    /// <summary>Bytes to which a value is aligned (1, 2, 4, 8), 0 for what is no type.</summary>
    public static int Alignment(byte type)
    {
        ReadOnlySpan<byte> alignments = Alignments;
        int index = type - 'a';
        return (uint)index < (uint)alignments.Length ? alignments[index] : type is StructBegin or DictBegin ? 8 : 0;
    }

    /// <summary>Whether the type may be the key of a dictionary: of fixed size or string-like.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBasic(byte type)
    {
        int index = type - 'a';
        return (uint)index < 26 && (BasicTypes & (1u << index)) != 0;
    }
}
