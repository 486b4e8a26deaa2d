using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Xml;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Config.Reading;

/// <summary>Reads one <c>&lt;allow&gt;</c> or <c>&lt;deny&gt;</c>.</summary>
/// <remarks>Which attributes go together: bus/config-parser.c, append_rule_from_element.</remarks>
internal sealed class RuleReader(Surroundings surroundings, string file)
{
    private const string Any = "*";

    private static readonly string[] SendOnly =
    [
        "send_interface", "send_member", "send_error", "send_destination", "send_destination_prefix", "send_domain", "send_path", "send_type",
        "send_broadcast", "send_requested_reply",
    ];

    private static readonly string[] ReceiveOnly =
    [
        "receive_interface", "receive_member", "receive_error", "receive_sender", "receive_domain", "receive_path", "receive_type", "receive_requested_reply",
    ];

    private static readonly string[] OfMessages = ["eavesdrop", "min_fds", "max_fds"];
    private static readonly string[] Alone = ["own", "own_prefix", "user", "group"];
    private static readonly string[] Known = [.. SendOnly, .. ReceiveOnly, .. OfMessages, .. Alone, "log"];

    /// <param name="element">The element.</param>
    /// <param name="rule">The rule; null without a problem: it names a user or group that there is not.</param>
    /// <param name="problem">What is wrong with it.</param>
    internal bool TryRead(XmlElement element, out PolicyRule? rule, [NotNullWhen(false)] out XmlProblem? problem)
    {
        rule = null;
        if (!ElementAttributes.TryTake(element, Known, out ElementAttributes? attributes, out problem)
            || !CheckCombination(element, attributes, out problem))
        {
            return false;
        }

        bool isAllow = element.Name == "allow";
        PolicySource source = new(file, element.Position.Line);
        if ((attributes["own"] ?? attributes["own_prefix"]) is { } name)
        {
            bool isPrefix = attributes["own"] is null;
            rule = new OwnRule(isAllow, source, isPrefix ? name : NullIfAny(name), isPrefix);
            return true;
        }

        if (attributes["user"] is { } user)
        {
            rule = Connect(user, "user", surroundings.FindUser, id => new ConnectRule(isAllow, source, id, null), element.Position);
            return true;
        }

        if (attributes["group"] is { } group)
        {
            rule = Connect(group, "group", surroundings.FindGroup, id => new ConnectRule(isAllow, source, null, id), element.Position);
            return true;
        }

        PolicyDirection direction = attributes.Given(SendOnly).Count > 0 ? PolicyDirection.Send : PolicyDirection.Receive;
        return TryReadMessageRule(new MessageRule(direction, isAllow, source), attributes, out rule, out problem);
    }

    private static bool CheckCombination(XmlElement element, ElementAttributes attributes, [NotNullWhen(false)] out XmlProblem? problem)
    {
        IReadOnlyList<string> send = attributes.Given(SendOnly);
        IReadOnlyList<string> receive = attributes.Given(ReceiveOnly);
        IReadOnlyList<string> alone = attributes.Given(Alone);
        IReadOnlyList<string> message = [.. send, .. receive, .. attributes.Given(OfMessages)];
        problem = null;
        if (send.Count + receive.Count + alone.Count == 0 && attributes["eavesdrop"] is null)
        {
            string found = element.Attributes.Count == 0 ? "has no attributes" : "has no attribute that says what it is about";
            problem = new XmlProblem(element.Position, $"<{element.Name}> {found}; expected a send_ or receive_ attribute, own, own_prefix, user, group or eavesdrop");
        }
        else if ((LonelyMember(attributes, "send") ?? LonelyMember(attributes, "receive")) is { } member)
        {
            problem = attributes.Wrong(member, $"{member} stands alone; expected an interface or a path with it, since not all messages have an interface");
        }
        else if (alone.Count > 1 || (alone.Count == 1 && message.Count > 0))
        {
            problem = attributes.Wrong(alone[0], $"{alone[0]} cannot be combined with {(alone.Count > 1 ? alone[1] : message[0])}");
        }
        else if (send.Count > 0 && receive.Count > 0)
        {
            problem = attributes.Wrong(receive[0], $"{receive[0]} cannot be combined with {send[0]}: a rule is about sending or about receiving");
        }
        else
        {
            problem = Contradiction(attributes, "send_error", "send_interface")
                ?? Contradiction(attributes, "send_error", "send_member")
                ?? Contradiction(attributes, "receive_error", "receive_interface")
                ?? Contradiction(attributes, "receive_error", "receive_member")
                ?? Contradiction(attributes, "send_destination", "send_destination_prefix");
        }

        return problem is null;
    }

    private static string? LonelyMember(ElementAttributes attributes, string side) =>
        attributes[$"{side}_member"] is not null && attributes[$"{side}_interface"] is null && attributes[$"{side}_path"] is null
            ? $"{side}_member"
            : null;

    private static XmlProblem? Contradiction(ElementAttributes attributes, string first, string second) =>
        attributes[first] is not null && attributes[second] is not null
            ? attributes.Wrong(second, $"{second} cannot be combined with {first}")
            : null;

    private static bool TryReadMessageRule(
        MessageRule empty,
        ElementAttributes attributes,
        out PolicyRule? rule,
        [NotNullWhen(false)] out XmlProblem? problem)
    {
        rule = null;
        string side = empty.Direction == PolicyDirection.Send ? "send" : "receive";
        if (!TryReadType(attributes, $"{side}_type", out MessageType? type, out problem)
            || !attributes.TryGetChoice("eavesdrop", "true", "false", out bool? eavesdrop, out problem)
            || !attributes.TryGetChoice("send_broadcast", "true", "false", out bool? broadcast, out problem)
            || !attributes.TryGetChoice($"{side}_requested_reply", "true", "false", out bool? requestedReply, out problem)
            || !TryReadDomain(attributes, $"{side}_domain", out DomainPattern? domain, out problem)
            || !TryReadFds(attributes, "min_fds", 0, out uint minFds, out problem)
            || !TryReadFds(attributes, "max_fds", MessageRule.MaximumFds, out uint maxFds, out problem))
        {
            return false;
        }

        string? prefix = attributes["send_destination_prefix"];
        MessageRule read = empty with
        {
            Type = type,
            Path = NullIfAny(attributes[$"{side}_path"]),
            Interface = NullIfAny(attributes[$"{side}_interface"]),
            Member = NullIfAny(attributes[$"{side}_member"]),
            Error = NullIfAny(attributes[$"{side}_error"]),
            Peer = prefix ?? NullIfAny(attributes[side == "send" ? "send_destination" : "receive_sender"]),
            PeerIsPrefix = prefix is not null,
            Domain = domain,
            IsBroadcast = broadcast,
            RequestedReply = requestedReply ?? empty.IsAllow,
            Eavesdrop = eavesdrop ?? false,
            MinFds = minFds,
            MaxFds = maxFds,
            Log = side == "send" && attributes["log"] == "true",
        };
        if (read is { IsBroadcast: true, Peer: not null, PeerIsPrefix: false })
        {
            problem = attributes.Wrong("send_broadcast", $"a broadcast has no destination: with send_destination=\"{read.Peer}\" the rule cannot match anything");
            return false;
        }

        if (read is { IsBroadcast: true, Domain: not null, Direction: PolicyDirection.Send })
        {
            problem = attributes.Wrong("send_broadcast", "a broadcast has no destination: with send_domain the rule cannot be about broadcasts");
            return false;
        }

        rule = read;
        return true;
    }

    private static bool TryReadDomain(ElementAttributes attributes, string name, out DomainPattern? domain, [NotNullWhen(false)] out XmlProblem? problem)
    {
        domain = null;
        problem = attributes[name] is not { } text || DomainPattern.TryParse(text, out domain)
            ? null
            : attributes.Wrong(name, $"{name} is \"{text}\"; expected {DomainPattern.Forms}");
        return problem is null;
    }

    private static bool TryReadType(ElementAttributes attributes, string name, out MessageType? type, [NotNullWhen(false)] out XmlProblem? problem)
    {
        string? text = NullIfAny(attributes[name]);
        type = text switch
        {
            "method_call" => MessageType.MethodCall,
            "method_return" => MessageType.MethodReturn,
            "error" => MessageType.Error,
            "signal" => MessageType.Signal,
            _ => null,
        };
        problem = text is null || type is not null
            ? null
            : attributes.Wrong(name, $"{name} is \"{text}\"; expected method_call, method_return, error, signal or *");
        return problem is null;
    }

    private static bool TryReadFds(ElementAttributes attributes, string name, uint without, out uint count, [NotNullWhen(false)] out XmlProblem? problem)
    {
        count = without;
        problem = null;
        if (attributes[name] is { } text
            && (!uint.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out count) || count > MessageRule.MaximumFds))
        {
            problem = attributes.Wrong(name, $"{name} is \"{text}\"; expected a number from 0 to {MessageRule.MaximumFds}");
        }

        return problem is null;
    }

    private static string? NullIfAny(string? value) => value == Any ? null : value;

    private ConnectRule? Connect(string name, string kind, Func<string, uint?> find, Func<uint?, ConnectRule> make, XmlPosition position)
    {
        uint? id = name == Any ? null : find(name);
        if (id is null && name != Any)
        {
            surroundings.Warn(file, position, $"there is no {kind} \"{name}\": the rule is ignored");
            return null;
        }

        return make(id);
    }
}
