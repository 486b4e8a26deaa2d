namespace XcpBroker.Protocol.Messages;

/// <summary>What a violation is in words.</summary>
public static class MessageViolationText
{
    /// <summary>One English sentence for the log, without the peer's bytes.</summary>
    public static string Describe(this MessageViolation violation) =>
        DescribeFixedHeader(violation) ?? DescribeFields(violation) ?? DescribeValues(violation) ?? $"Unknown violation {violation:d}.";

    private static string? DescribeFixedHeader(MessageViolation violation) => violation switch
    {
        MessageViolation.None => "The message is valid.",
        MessageViolation.LengthMismatch => "The message is not as long as its fixed header says.",
        MessageViolation.BadEndianness => "The first byte is neither 'l' nor 'B'.",
        MessageViolation.BadVersion => "The protocol version is not 1.",
        MessageViolation.TypeZero => "The message type is 0.",
        MessageViolation.SerialZero => "The serial is 0.",
        MessageViolation.FieldsTooLong => "The header fields are longer than 64 MiB.",
        MessageViolation.MessageTooLong => "The message is longer than 128 MiB.",
        MessageViolation.MessageOverLimit => "The message is longer than max_message_size of this bus.",
        _ => null,
    };

    private static string? DescribeFields(MessageViolation violation) => violation switch
    {
        MessageViolation.FieldCodeZero => "A header field has the code 0.",
        MessageViolation.FieldOutOfBounds => "A header field does not end within the header fields array.",
        MessageViolation.FieldDuplicate => "A header field is there twice.",
        MessageViolation.FieldTypeWrong => "A header field has not the type that the specification gives it.",
        MessageViolation.FieldNotTerminated => "The text of a header field does not end with NUL.",
        MessageViolation.HeaderPaddingNotZero => "A padding byte of the header is not 0.",
        MessageViolation.BadPath => "The PATH field is not a valid object path.",
        MessageViolation.BadInterface => "The INTERFACE field is not a valid interface name.",
        MessageViolation.BadMember => "The MEMBER field is not a valid member name.",
        MessageViolation.BadErrorName => "The ERROR_NAME field is not a valid error name.",
        MessageViolation.BadDestination => "The DESTINATION field is not a valid bus name.",
        MessageViolation.BadSender => "The SENDER field is not a valid bus name.",
        MessageViolation.BadBodySignature => "The SIGNATURE field is not a valid signature.",
        MessageViolation.ReplySerialZero => "The REPLY_SERIAL field is 0.",
        MessageViolation.LocalPath => "The PATH field is /org/freedesktop/DBus/Local, which is reserved.",
        MessageViolation.LocalInterface => "The INTERFACE field is org.freedesktop.DBus.Local, which is reserved.",
        MessageViolation.PathMissing => "The message has no PATH field, which its type requires.",
        MessageViolation.InterfaceMissing => "The signal has no INTERFACE field.",
        MessageViolation.MemberMissing => "The message has no MEMBER field, which its type requires.",
        MessageViolation.ErrorNameMissing => "The error has no ERROR_NAME field.",
        MessageViolation.ReplySerialMissing => "The reply has no REPLY_SERIAL field.",
        MessageViolation.SignatureMissing => "The message has a body, but its SIGNATURE is empty or absent.",
        MessageViolation.BodyMissing => "The message has a SIGNATURE, but no body.",
        MessageViolation.UnixFdsMissing => "The UNIX_FDS field is greater than the number of file descriptors received.",
        _ => null,
    };

    private static string? DescribeValues(MessageViolation violation) => violation switch
    {
        MessageViolation.ValueOutOfBounds => "A value reaches past the end of the message.",
        MessageViolation.TrailingBytes => "The body is longer than its signature says.",
        MessageViolation.PaddingNotZero => "A padding byte of the body is not 0.",
        MessageViolation.BooleanNotZeroOrOne => "A boolean is neither 0 nor 1.",
        MessageViolation.StringNotUtf8 => "A string is not valid UTF-8 or has a NUL in it.",
        MessageViolation.StringNotTerminated => "A string or object path does not end with NUL.",
        MessageViolation.ObjectPathMalformed => "A value is not a valid object path.",
        MessageViolation.SignatureMalformed => "A value is not a valid signature.",
        MessageViolation.VariantSignatureMalformed => "The signature of a variant is not exactly one complete type.",
        MessageViolation.ArrayTooLong => "An array is longer than 64 MiB.",
        MessageViolation.ArrayLengthWrong => "The length of an array is not that of its elements.",
        MessageViolation.NestingTooDeep => "Values are nested more than 64 deep.",
        _ => null,
    };
}
