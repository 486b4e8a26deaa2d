using System.Runtime.CompilerServices;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Reads a signature from left to right; brackets are kept in a stack of bits, so nothing recurses.</summary>
/// <remarks>
/// A dict entry has a basic type, the key, and one complete type. So a container can only begin as its second member, and when it
/// ends the dict entry around it is full: the number of members need not be kept for more than the innermost one.
/// </remarks>
internal struct SignatureGrammar
{
    private const int Refused = -1;

    // Of the innermost open bracket: bit 0 of the stack says whether it is a dict entry.
    private ulong _isDict;
    private int _dictMembers;

    // Arrays around the type that comes next, and around the innermost bracket.
    private int _arrays;
    private int _arraysAround;
    private int _structs;
    private int _open;
    private int _types;

    /// <returns>Complete types side by side, or -1 if it is no signature. The length is the caller's to check.</returns>
    internal static int CountTypes(ReadOnlySpan<byte> signature)
    {
        Span<byte> arraysAround = stackalloc byte[ProtocolLimits.MaxTotalDepth];
        SignatureGrammar grammar = default;
        byte previous = 0;
        foreach (byte code in signature)
        {
            if (!grammar.Accept(code, previous, arraysAround))
            {
                return Refused;
            }

            previous = code;
        }

        return grammar._open == 0 && previous != WireType.Array ? grammar._types : Refused;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Accept(byte code, byte previous, Span<byte> arraysAround) => code switch
    {
        WireType.Array => IsContainerAllowed && ++_arrays <= ProtocolLimits.MaxArrayDepth,
        WireType.StructBegin => IsContainerAllowed && ++_structs <= ProtocolLimits.MaxStructDepth && Open(arraysAround, isDict: 0),
        WireType.DictBegin => previous == WireType.Array && Open(arraysAround, isDict: 1),
        WireType.StructEnd => IsStructComplete(previous) && CloseStruct(arraysAround),
        WireType.DictEnd => IsDictComplete(previous) && Close(arraysAround),
        WireType.Variant => IsContainerAllowed && Complete(),
        _ => WireType.IsBasic(code) && Complete(),
    };

    private readonly bool IsContainerAllowed => (_isDict & 1) == 0 || _dictMembers == 1;

    private readonly bool IsStructComplete(byte previous) =>
        _open > 0 && (_isDict & 1) == 0 && previous is not (WireType.StructBegin or WireType.Array);

    private readonly bool IsDictComplete(byte previous) =>
        (_isDict & 1) != 0 && _dictMembers == 2 && previous != WireType.Array;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Open(Span<byte> arraysAround, ulong isDict)
    {
        arraysAround[_open++] = (byte)_arraysAround;
        _arraysAround = _arrays;
        _isDict = (_isDict << 1) | isDict;
        _dictMembers = 0;
        return true;
    }

    private bool CloseStruct(Span<byte> arraysAround)
    {
        _structs--;
        return Close(arraysAround);
    }

    private bool Close(Span<byte> arraysAround)
    {
        _arraysAround = arraysAround[--_open];
        _isDict >>= 1;
        _dictMembers = 1;
        return Complete();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Complete()
    {
        _arrays = _arraysAround;
        _types += _open == 0 ? 1 : 0;
        return (_isDict & 1) == 0 || ++_dictMembers <= 2;
    }
}
