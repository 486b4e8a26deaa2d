namespace XcpBroker.Protocol.Messages;

/// <summary>The rule of the wire format that a message breaks. Any but <see cref="None"/> ends the connection.</summary>
/// <remarks>Texts are in <see cref="MessageViolationText"/>.</remarks>
#pragma warning disable CS1591 // each name is the rule; the sentence is in MessageViolationText
public enum MessageViolation : byte
{
    None = 0,

    // fixed header
    LengthMismatch,
    BadEndianness,
    BadVersion,
    TypeZero,
    SerialZero,
    FieldsTooLong,
    MessageTooLong,
    MessageOverLimit,

    // header fields
    FieldCodeZero,
    FieldOutOfBounds,
    FieldDuplicate,
    FieldTypeWrong,
    FieldNotTerminated,
    HeaderPaddingNotZero,
    BadPath,
    BadInterface,
    BadMember,
    BadErrorName,
    BadDestination,
    BadSender,
    BadBodySignature,
    ReplySerialZero,
    LocalPath,
    LocalInterface,
    PathMissing,
    InterfaceMissing,
    MemberMissing,
    ErrorNameMissing,
    ReplySerialMissing,
    SignatureMissing,
    BodyMissing,

    // values
    ValueOutOfBounds,
    TrailingBytes,
    PaddingNotZero,
    BooleanNotZeroOrOne,
    StringNotUtf8,
    StringNotTerminated,
    ObjectPathMalformed,
    SignatureMalformed,
    VariantSignatureMalformed,
    ArrayTooLong,
    ArrayLengthWrong,
    NestingTooDeep,

    // ancillary data
    UnixFdsMissing,
}
#pragma warning restore CS1591
