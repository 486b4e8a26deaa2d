using System.Runtime.InteropServices;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Our verdict on a whole message against that of libdbus (package libdbus-1-3).</summary>
/// <remarks>
/// Left out, for libdbus is known to differ: messages with file descriptors (it wants them at hand); field 10, which it knows; unique
/// names of one element and more than 32 arrays with brackets between them (it takes both, the specification does not).
/// </remarks>
internal sealed unsafe partial class LibDBusTarget : IFuzzTarget
{
    public static string Name => "libdbus";

    public static string Corpus => "messages";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        Compare(input);
        Compare(MessageTarget.WithRightBodyLength(input));
    }

    private static void Compare(ReadOnlySpan<byte> input)
    {
        // libdbus takes the first message and leaves what follows: only whole messages can be compared.
        FrameStatus status = MessageFramer.TryFrame(input, ProtocolLimits.MaxMessageBytes, out int total, out _);
        if (status == FrameStatus.NeedMoreData || (status == FrameStatus.Complete && total != input.Length))
        {
            return;
        }

        MessageViolation violation = MessageHeader.TryParse(input, out MessageHeader header);
        bool isHeaderFine = violation == MessageViolation.None;
        if (isHeaderFine)
        {
            violation = BodyValidator.Validate(input[header.BodyOffset..], header.Signature.In(input), header.IsBigEndian);
        }

        if (header.UnixFds != 0 || MayHaveContainerInstance(input, in header) || IsKnownToDiffer(violation, input))
        {
            return;
        }

        bool theirs = Demarshal(input);
        FuzzFailure.Unless(theirs == (violation == MessageViolation.None), $"libdbus accepts: {theirs}; we say: {violation}");
    }

    private static bool MayHaveContainerInstance(ReadOnlySpan<byte> input, in MessageHeader header)
    {
        bool isThere = false;
        for (int at = MessageFramer.FixedHeaderLength; header.HasForeignFields && at < input.Length; at += 8)
        {
            isThere |= input[at] == 10;
        }

        return isThere;
    }

    private static bool IsKnownToDiffer(MessageViolation violation, ReadOnlySpan<byte> input) => violation switch
    {
        MessageViolation.BadDestination or MessageViolation.BadSender => input.Contains((byte)':'),
        MessageViolation.BadBodySignature or MessageViolation.SignatureMalformed or MessageViolation.VariantSignatureMalformed =>
            input.Count((byte)'a') > ProtocolLimits.MaxArrayDepth,
        _ => false,
    };

    private static bool Demarshal(ReadOnlySpan<byte> input)
    {
        nint message;
        fixed (byte* bytes = input)
        {
            message = DemarshalMessage(bytes, input.Length, null);
        }

        if (message != 0)
        {
            UnreferenceMessage(message);
        }

        return message != 0;
    }

    [LibraryImport("libdbus-1.so.3", EntryPoint = "dbus_message_demarshal")]
    private static partial nint DemarshalMessage(byte* bytes, int length, void* error);

    [LibraryImport("libdbus-1.so.3", EntryPoint = "dbus_message_unref")]
    private static partial void UnreferenceMessage(nint message);
}
