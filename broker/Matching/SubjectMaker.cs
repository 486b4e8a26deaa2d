using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Routing;

namespace XcpBroker.Matching;

/// <summary>Adds to a message what match rules want to know besides: which names its sender and its recipient own now.</summary>
internal sealed class SubjectMaker(NameRegistry<Connection> names)
{
    private readonly CurrentNames<Connection> _senderNames = new(names);
    private readonly CurrentNames<Connection> _recipientNames = new(names);

    /// <summary>Changes with each change of a name's owner.</summary>
    internal ulong NamesGeneration => names.Generation;

    /// <summary>The subject is good until the next one is made.</summary>
    internal MatchSubject Make(in RoutedMessage message, Connection? recipient) => new(message.Header, message.Bytes)
    {
        Sender = message.Sender is { } sender ? sender.UniqueName : "org.freedesktop.DBus"u8,
        SenderNames = message.Sender is null ? null : _senderNames.Of(message.Sender),
        Recipient = recipient is null ? default : recipient.UniqueName,
        RecipientNames = recipient is null ? null : _recipientNames.Of(recipient),
    };
}
