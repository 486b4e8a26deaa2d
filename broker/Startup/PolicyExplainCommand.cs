using System.CommandLine;
using System.Globalization;
using System.Text;
using XcpBroker.Activation;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker policy explain</c>: what would become of a message, or of a wish for a name, and which rule says so.</summary>
internal sealed class PolicyExplainCommand
{
    private const int Denied = 2;

    private readonly ConfigurationChoice _configuration = new();
    private readonly Option<string[]> _user = Value("--user", "USER", "Who sends: a name or a number (who asks).");
    private readonly Option<string[]> _senderDomain = Value("--sender-domain", "NAME", "Sent from this domain, which the configuration has, or from @unknown; instead of a user.");
    private readonly Option<string[]> _group = Value("--group", "GROUP", "A group of the sender instead of those that the host knows; may be given several times.");
    private readonly Option<string[]> _sender = Value("--sender", "NAME", "A name that the sender owns; may be given several times.");
    private readonly Option<string[]> _destination = Value("--destination", "NAME", "A name that the receiver owns or waits for; may be given several times.");
    private readonly Option<string[]> _destinationUser = Value("--destination-user", "USER", "Who receives (who sends).");
    private readonly Option<string[]> _destinationDomain = Value("--destination-domain", "NAME", "Received in this domain; instead of a user.");
    private readonly Option<string[]> _type = Value("--type", "TYPE", "method_call, signal, method_return or error (method_call).");
    private readonly Option<string[]> _path = Value("--path", "PATH", "The message's path.");
    private readonly Option<string[]> _interface = Value("--interface", "NAME", "The message's interface.");
    private readonly Option<string[]> _member = Value("--member", "NAME", "The message's member.");
    private readonly Option<string[]> _error = Value("--error", "NAME", "The message's error name.");
    private readonly Option<string[]> _fds = Value("--fds", "NUMBER", "Descriptors that come with the message (0).");
    private readonly Option<string[]> _own = Value("--own", "NAME", "Instead of a message: may the user own this name?");

    internal PolicyExplainCommand()
    {
        Command = new Command("explain", "Say what would become of a message and which rule decides, without a running bus.");
        foreach (Option option in (Option[])
        [
            .. _configuration.Options, _user, _senderDomain, _group, _sender, _destination, _destinationUser, _destinationDomain, _type, _path, _interface, _member, _error, _fds, _own,
        ])
        {
            Command.Options.Add(option);
        }
    }

    internal Command Command { get; }

    /// <returns>The exit status: 0 allowed, 2 denied.</returns>
    /// <exception cref="StartException">The question or the configuration file is wrong.</exception>
    internal int Run(ParseResult result, string workingDirectory)
    {
        RefuseUnknown(result);
        HostUsers users = new();
        BusConfiguration configuration = ConfigurationFile.Read(_configuration.Find(result, workingDirectory) ?? ConfigurationFile.Own);
        PolicyPeer sender = Sender(result, configuration, users);
        StringBuilder text = new();
        bool isAllowed = Add(text, "connect", sender.Domain is { } domain
            ? configuration.Policy.CheckDomainConnect(domain)
            : configuration.Policy.CheckConnect(sender.UserId, sender.Groups, OwnUser(configuration, users)));
        if (Name(result) is { } name)
        {
            isAllowed &= Add(text, "own", sender.PolicyOf(configuration.Policy).CheckOwn(name)) & AddReservation(text, configuration, sender, name);
        }
        else
        {
            PolicyQuestion question = Question(result, configuration, sender, users);
            (PolicyVerdict send, PolicyVerdict? receive) = question.Ask(configuration.Policy);
            RemarkOmissions(question, send);
            RemarkOmissions(question, receive ?? default);
            isAllowed &= Add(text, "send", send) & (receive is not { } verdict || Add(text, "receive", verdict));
        }

        text.Append(isAllowed ? "allowed\n" : "denied\n");
        Descriptors.Write(Descriptors.StandardOutput, text.ToString());
        return isAllowed ? 0 : Denied;
    }

    private static bool Add(StringBuilder text, string what, PolicyVerdict verdict)
    {
        string rule = verdict.Rule is { } decided ? $"{decided.Source} {decided}" : "no rule matches";
        text.Append(CultureInfo.InvariantCulture, $"{what,-8} {(verdict.IsAllowed ? "allowed" : "denied"),-8} {rule}\n");
        return verdict.IsAllowed;
    }

    /// <summary>What X-XCP-Domain in the descriptor of the name says, if it has one.</summary>
    private static bool AddReservation(StringBuilder text, BusConfiguration configuration, PolicyPeer sender, string name)
    {
        ServiceCatalog services = ServiceCatalog.Read(
            configuration.ServiceDirectories, ServiceFileReader.Instance, HostIdentity.OwnCredentials().UserId ?? 0);
        if (!services.TryFind(name, out ServiceDescriptor? service) || service.Domain is not { } reserved)
        {
            return true;
        }

        bool isThere = sender.Domain is { IsKnown: true } domain && domain.Name == reserved;
        text.Append(CultureInfo.InvariantCulture, $"{"domain",-8} {(isThere ? "allowed" : "denied"),-8} {service.FilePath} X-XCP-Domain={reserved}\n");
        return isThere;
    }

    /// <summary>A call always has a path: without one in the question, rules on paths are held against what there cannot be.</summary>
    private static void RemarkOmissions(PolicyQuestion question, PolicyVerdict verdict)
    {
        if (verdict.Rule is not MessageRule rule)
        {
            return;
        }

        bool isSignal = question.Type == MessageType.Signal;
        bool hasPath = isSignal || question.Type == MessageType.MethodCall;
        Remark(hasPath && rule.Path is not null && question.Path is null, "--path");
        Remark(hasPath && rule.Member is not null && question.Member is null, "--member");
        Remark(isSignal && rule.Interface is not null && question.Interface is null, "--interface");
        Remark(question.Type == MessageType.Error && rule.Error is not null && question.ErrorName is null, "--error");

        void Remark(bool isOmitted, string option)
        {
            if (isOmitted)
            {
                Descriptors.WriteError($"warning: {option} is not given, though each such message has one, and {rule.Source}, which decides, asks for it");
            }
        }
    }

    private static DomainIdentity Domain(BusConfiguration configuration, Option option, string name) =>
        name == DomainIdentity.Unknown.Name ? DomainIdentity.Unknown
        : configuration.Domains.FirstOrDefault(domain => domain.Identity.Name == name)?.Identity
            ?? throw new StartException($"option {option.Name}: there is no domain '{name}' in the configuration");

    private static uint OwnUser(BusConfiguration configuration, HostUsers users) =>
        configuration.User is { } name && User(name, users) is { } user ? user : HostIdentity.OwnCredentials().UserId!.Value;

    private static uint? User(string name, HostUsers users) => Number(name) ?? users.FindUser(name);

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    private PolicyPeer Sender(ParseResult result, BusConfiguration configuration, HostUsers users)
    {
        if (Single(result, _senderDomain) is { } domain)
        {
            return new PolicyPeer(null, null, Names(result, _sender)) { Domain = Domain(configuration, _senderDomain, domain) };
        }

        uint user = Single(result, _user) is { } name
            ? User(name, users) ?? throw new StartException($"option --user: there is no user '{name}'")
            : HostIdentity.OwnCredentials().UserId!.Value;
        IReadOnlyList<string> groups = Values(result, _group);
        return new PolicyPeer(user, groups.Count == 0 ? HostUsers.GroupsOf(user) ?? [] : [.. groups.Select(Group).Order()], Names(result, _sender));

        uint Group(string group) => Number(group) ?? users.FindGroup(group) ?? throw new StartException($"option --group: there is no group '{group}'");
    }

    private PolicyQuestion Question(ParseResult result, BusConfiguration configuration, PolicyPeer sender, HostUsers users)
    {
        MessageType type = Single(result, _type) switch
        {
            null or "method_call" => MessageType.MethodCall,
            "method_return" => MessageType.MethodReturn,
            "error" => MessageType.Error,
            "signal" => MessageType.Signal,
            { } other => throw new StartException($"option --type: '{other}' is none of method_call, signal, method_return, error"),
        };
        IReadOnlyList<string> destination = Names(result, _destination);
        bool toBus = destination.Contains(BusName.Driver) || (destination.Count == 0 && type == MessageType.MethodCall);
        return new PolicyQuestion
        {
            Type = type,
            Sender = sender,
            Receiver = toBus ? null : Receiver(result, configuration, sender, destination, users),
            Path = Field(result, _path, ObjectPath.IsValid, "an object path"),
            Interface = Field(result, _interface, MemberNames.IsValidInterface, "an interface"),
            Member = Field(result, _member, MemberNames.IsValidMember, "a member"),
            ErrorName = Field(result, _error, MemberNames.IsValidErrorName, "an error name"),
            IsBroadcast = destination.Count == 0 && type == MessageType.Signal,
            Reply = type is MessageType.MethodReturn or MessageType.Error ? ReplyState.Requested : ReplyState.NoReply,
            UnixFds = Single(result, _fds) is not { } fds ? 0
                : Number(fds) is { } number and <= MessageRule.MaximumFds ? (int)number
                : throw new StartException($"option --fds: '{fds}' is not a number from 0 to {MessageRule.MaximumFds}"),
        };
    }

    private PolicyPeer Receiver(ParseResult result, BusConfiguration configuration, PolicyPeer sender, IReadOnlyList<string> names, HostUsers users)
    {
        if (Single(result, _destinationDomain) is { } domain)
        {
            return new PolicyPeer(null, null, names) { Domain = Domain(configuration, _destinationDomain, domain) };
        }

        // What a domain sends goes to this host, unless something else is said.
        string? name = Single(result, _destinationUser);
        if (name is null && sender.Domain is null)
        {
            return sender with { Names = names };
        }

        uint user = name is null ? HostIdentity.OwnCredentials().UserId!.Value : User(name, users) ?? throw new StartException($"option --destination-user: there is no user '{name}'");
        return new PolicyPeer(user, HostUsers.GroupsOf(user) ?? [], names);
    }

    /// <summary>The name that is asked about instead of a message; null: it is a message.</summary>
    private string? Name(ParseResult result)
    {
        if (Single(result, _own) is not { } name)
        {
            return null;
        }

        Option[] ofMessages = [_destination, _destinationUser, _destinationDomain, _type, _path, _interface, _member, _error, _fds];
        return ofMessages.FirstOrDefault(option => Given(result, option) is not null) is { } other
            ? throw new StartException($"option {_own.Name} cannot be combined with {other.Name}")
            : BusName.IsValidWellKnown(name) && name != BusName.Driver ? name
            : throw new StartException($"option {_own.Name}: '{name}' is not a name that can be owned");
    }

    private static string? Field(ParseResult result, Option option, Func<string, bool> isValid, string kind) =>
        Single(result, option) is not { } text || isValid(text) ? Single(result, option)
            : throw new StartException($"option {option.Name}: '{text}' is not {kind}");

    private static IReadOnlyList<string> Names(ParseResult result, Option option)
    {
        IReadOnlyList<string> names = Values(result, option);
        return names.FirstOrDefault(name => !BusName.IsValid(name)) is { } wrong
            ? throw new StartException($"option {option.Name}: '{wrong}' is not a bus name")
            : names;
    }
}
