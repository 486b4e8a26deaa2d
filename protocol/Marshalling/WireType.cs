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

    /// <summary>Bytes of a value of fixed size (1, 2, 4, 8), 0 for any other type.</summary>
    public static int FixedSize(byte type) => type switch
    {
        (byte)'y' => 1,
        (byte)'n' or (byte)'q' => 2,
        (byte)'b' or (byte)'i' or (byte)'u' or (byte)'h' => 4,
        (byte)'x' or (byte)'t' or (byte)'d' => 8,
        _ => 0,
    };

    /// <summary>Bytes to which a value is aligned (1, 2, 4, 8), 0 for what is no type.</summary>
    public static int Alignment(byte type) => type switch
    {
        (byte)'y' or (byte)'g' or (byte)'v' => 1,
        (byte)'n' or (byte)'q' => 2,
        (byte)'b' or (byte)'i' or (byte)'u' or (byte)'h' or (byte)'s' or (byte)'o' or (byte)'a' => 4,
        (byte)'x' or (byte)'t' or (byte)'d' or (byte)'(' or (byte)'{' => 8,
        _ => 0,
    };

    /// <summary>Whether the type may be the key of a dictionary: of fixed size or string-like.</summary>
    public static bool IsBasic(byte type) => FixedSize(type) != 0 || type is String or ObjectPath or Signature;
}
