using System.Text;
using CsCheck;
using XcpBroker.Auth.Policy;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Tests.Policy;

/// <summary>Random policies and messages: the compiled policy and the model name the same rule.</summary>
public sealed class PolicyPropertyTests
{
    private static readonly PolicySource Source = new("model", 1);
    private static readonly Gen<string?> Name = AnyOf<string?>(null, null, "a.b", "a.b.c", "a.bc");
    private static readonly Gen<MessageType> Type = AnyOf(MessageType.MethodCall, MessageType.MethodReturn, MessageType.Error, MessageType.Signal);
    private static readonly Gen<bool> Seldom = Gen.Int[0, 4].Select(number => number == 0);

    private static readonly Gen<MessageRule> Rule =
        from direction in Gen.Enum<PolicyDirection>()
        from isAllow in Gen.Bool
        from type in AnyOf<MessageType?>(null, null, null, MessageType.MethodCall, MessageType.MethodReturn, MessageType.Error, MessageType.Signal)
        from fields in Gen.Select(Name, Name, Name, Name)
        from peer in Name
        from flags in Gen.Select(Seldom, Seldom, Gen.Bool)
        from broadcast in AnyOf<bool?>(null, null, null, false, true)
        from fds in Gen.Select(AnyOf(0u, 0u, 2u), AnyOf(MessageRule.MaximumFds, MessageRule.MaximumFds, 1u))
        select new MessageRule(direction, isAllow, Source)
        {
            Type = type,
            Path = fields.Item1,
            Interface = fields.Item2,
            Member = fields.Item3,
            Error = fields.Item4,
            Peer = peer,
            PeerIsPrefix = direction == PolicyDirection.Send && peer is not null && flags.Item3,
            IsBroadcast = direction == PolicyDirection.Send ? broadcast : null,
            RequestedReply = isAllow ^ flags.Item1,
            Eavesdrop = flags.Item2,
            MinFds = fds.Item1,
            MaxFds = fds.Item2,
        };

    private static readonly Gen<ModelMessage> Message =
        from type in Type
        from fields in Gen.Select(Name, Name, Name, Name)
        from others in AnyOf("a.b", "a.b.c", "a.bc", "a.b.c.d", "z.z").Array[0, 3]
        from broadcast in Gen.Bool
        from reply in Gen.Enum<ReplyState>()
        from eavesdropping in Seldom
        from fds in Gen.UInt[0, 3]
        select new ModelMessage(
            type, fields.Item1, fields.Item2, fields.Item3, fields.Item4, others, broadcast && type == MessageType.Signal, reply, eavesdropping, fds);

    [Test]
    public void The_compiled_policy_names_the_rule_that_the_model_names() =>
        Gen.Select(Rule.Array[0, 12], Message, Gen.Bool).Sample((rules, message, isStrict) =>
        {
            PolicySet policy = new([.. rules.Select(rule => new PolicyEntry(PolicyContext.Default, rule))], isStrict);
            PeerPolicy peer = policy.ForPeer(1, [], isAtConsole: false);
            PolicyRequest request = Request(message, policy);
            PolicyVerdict send = peer.CheckSend(request);
            PolicyVerdict receive = peer.CheckReceive(request);

            return Agrees(send, PolicyDirection.Send)
                && Agrees(receive, PolicyDirection.Receive)
                && (!peer.MaySendAll(message.Type) || send.IsAllowed)
                && (!peer.MayReceiveAllAddressed(message.Type) || message.IsEavesdropping || receive.IsAllowed);

            bool Agrees(PolicyVerdict verdict, PolicyDirection direction)
            {
                PolicyRule? expected = PolicyModel.Decide(rules.Where(rule => rule.Direction == direction), message, isStrict);
                return ReferenceEquals(verdict.Rule, expected) && verdict.IsAllowed == (expected?.IsAllow ?? false);
            }
        }, iter: 20_000);

    [Test]
    public void Who_asks_about_a_message_allocates_nothing()
    {
        MessageRule[] rules =
        [
            .. Enumerable.Range(0, 200).Select(i => new MessageRule(PolicyDirection.Send, i % 3 == 0, Source) { Peer = $"a.b{i}", Interface = $"i.f{i}" }),
            new MessageRule(PolicyDirection.Send, true, Source) { Path = "/never" },
        ];
        PolicySet policy = new([.. rules.Select(rule => new PolicyEntry(PolicyContext.Default, rule))], isStrict: true);
        PeerPolicy peer = policy.ForPeer(1, [], isAtConsole: false);
        PolicyRequest request = Request(new ModelMessage(MessageType.MethodCall, "/p", "i.f3", "M", null, ["a.b3", "a.b4"], false, ReplyState.NoReply, false, 0), policy);
        bool isAllowed = peer.CheckSend(request).IsAllowed;
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1000; i++)
        {
            isAllowed &= peer.CheckSend(request).IsAllowed;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(isAllowed, Is.True);
    }

    [TestCase("a.b", true)]
    [TestCase("a.b.c", true)]
    [TestCase("c.d", true)]
    [TestCase("c.d.e", false)]
    [TestCase("a.bc", false)]
    [TestCase("a", false)]
    public void A_name_matters_if_a_rule_mentions_it_or_what_it_is_below(string name, bool isMentioned)
    {
        MessageRule[] rules =
        [
            new(PolicyDirection.Send, true, Source) { Peer = "a.b", PeerIsPrefix = true },
            new(PolicyDirection.Receive, true, Source) { Peer = "c.d" },
        ];
        PolicySet policy = new([.. rules.Select(rule => new PolicyEntry(PolicyContext.Default, rule))], isStrict: true);

        Assert.That(policy.Mentions(name), Is.EqualTo(isMentioned));
        Assert.That(policy.NamesOf([name]) != PolicyNames.None, Is.EqualTo(isMentioned));
    }

    [Test]
    public void More_kinds_of_peers_than_are_remembered_are_judged_as_well()
    {
        PolicySet policy = new([.. Enumerable.Range(0, 3000).Select(user => new PolicyEntry(PolicyContext.OfUser((uint)user), new OwnRule(true, Source, $"a.b{user}", false)))], isStrict: true);

        foreach (int user in Enumerable.Range(0, 3000).Concat([0, 2999]))
        {
            Assert.That(policy.ForPeer((uint)user, [], isAtConsole: false).CheckOwn($"a.b{user}").IsAllowed, Is.True);
        }
    }

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static PolicyRequest Request(ModelMessage message, PolicySet policy) => new()
    {
        Type = message.Type,
        Path = Bytes(message.Path),
        Interface = Bytes(message.Interface),
        Member = Bytes(message.Member),
        ErrorName = Bytes(message.Error),
        Sender = policy.NamesOf(message.Others),
        Receiver = policy.NamesOf(message.Others),
        IsBroadcast = message.IsBroadcast,
        Reply = message.Reply,
        IsEavesdropping = message.IsEavesdropping,
        UnixFds = (int)message.Fds,
    };

    private static byte[] Bytes(string? text) => text is null ? [] : Encoding.ASCII.GetBytes(text);
}
