using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Matching;

/// <summary>What a step down the tree of rules looks at: the sender, a set of header fields (and the type), or one argument.</summary>
internal readonly record struct Selector(ushort Value)
{
    private const int TypeMask = 7;
    private const int ArgumentFlag = 1 << 14;
    private const int SenderFlag = 1 << 15;
    private const int KindShift = 8;

    internal static Selector Sender { get; } = new(SenderFlag);

    internal bool IsSender => (Value & SenderFlag) != 0;

    internal MessageType Type => (MessageType)(Value & TypeMask);

    internal bool NamesInterface => (Value & (int)Fields.Interface) != 0;

    internal bool NamesMember => (Value & (int)Fields.Member) != 0;

    internal bool NamesPath => (Value & (int)Fields.Path) != 0;

    internal bool NamesPathNamespace => (Value & (int)Fields.PathNamespace) != 0;

    internal bool NamesDestination => (Value & (int)Fields.Destination) != 0;

    internal bool IsArgumentPath => (Value & ArgumentFlag) != 0 && ArgumentKind == ArgumentMatchKind.Path;

    internal int ArgumentIndex => Value & (BodyIndexes - 1);

    internal ArgumentMatchKind ArgumentKind => (ArgumentMatchKind)((Value >> KindShift) & 3);

    private static int BodyIndexes => Protocol.Marshalling.BodyArguments.MaxArguments;

    internal static Selector ForFields(MatchRule rule)
    {
        Fields fields = FieldIf(rule, MatchKeys.Interface, Fields.Interface)
            | FieldIf(rule, MatchKeys.Member, Fields.Member)
            | FieldIf(rule, MatchKeys.Path, Fields.Path)
            | FieldIf(rule, MatchKeys.PathNamespace, Fields.PathNamespace)
            | FieldIf(rule, MatchKeys.Destination, Fields.Destination)
            | FieldIf(rule, MatchKeys.Eavesdrop, Fields.Eavesdrop);
        return new Selector((ushort)((int)fields | (int)rule.Type));
    }

    internal static Selector ForArgument(in ArgumentMatch argument) =>
        new((ushort)(ArgumentFlag | ((int)argument.Kind << KindShift) | argument.Index));

    private static Fields FieldIf(MatchRule rule, MatchKeys key, Fields field) => (rule.Keys & key) != 0 ? field : 0;

    [Flags]
    private enum Fields
    {
        Interface = 1 << 3,
        Member = 1 << 4,
        Path = 1 << 5,
        PathNamespace = 1 << 6,
        Destination = 1 << 7,
        Eavesdrop = 1 << 8,
    }
}
