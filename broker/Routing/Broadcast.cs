using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Sends a signal to every connection with a rule that matches it and a policy that lets it, one copy each.</summary>
internal sealed class Broadcast(MatchIndex<Connection> rules, SubjectMaker subjects, Delivery delivery, PolicyGate gate)
{
    private readonly Stack<Round> _rounds = new([new Round(), new Round()]);

    /// <summary>Tells a domain of a peer whose message it is about to get; set once by Composition.</summary>
    internal required Action<DomainSight, Connection> Introduce { get; init; }

    /// <param name="message">The signal.</param>
    /// <param name="kind">What it is charged as.</param>
    /// <param name="who">Who may have it besides what the policy says; null: everybody.</param>
    /// <returns>Work done: look-ups and deliveries.</returns>
    internal int Send(in RoutedMessage message, ChargeKind kind, Predicate<Connection>? who = null)
    {
        // Whoever is introduced meanwhile is so by a broadcast within this one, and within that there is none.
        Round round = _rounds.Pop();
        int cost = Collect(message, round.Receivers);
        Span<Connection> receivers = CollectionsMarshal.AsSpan(round.Receivers);
        OutgoingMessage outgoing = receivers.Length > 1 ? round.Join(message.Outgoing) : message.Outgoing;
        bool isSentToAll = PolicyGate.MaySendToAll(message);
        foreach (Connection receiver in receivers)
        {
            bool isLetThrough = isSentToAll && receiver.Policy!.MayReceiveAllAddressed(message.Type);
            if ((who is null || who(receiver)) && (isLetThrough || gate.MayHaveCopy(message, receiver, isEavesdropping: false)))
            {
                if (receiver.Sight is { } sight && message.Sender is { } sender && sender != receiver && !sight.HasMet(sender))
                {
                    Introduce(sight, sender);
                }

                delivery.DeliverBroadcast(receiver, message, outgoing, kind);
            }
        }

        cost += receivers.Length;
        round.Receivers.Clear();
        _rounds.Push(round);
        return cost;
    }

    private int Collect(in RoutedMessage message, List<Connection> receivers)
    {
        if (message.Known?.Matches is not { } memory)
        {
            return Search(message, receivers);
        }

        int cost = rules.CollectAgain(memory, subjects.NamesGeneration, receivers, out bool hasArguments);
        return cost == 0 ? Search(message, receivers)
            : hasArguments ? cost + SearchArguments(message, receivers)
            : cost;
    }

    // Apart, since room for what it needs is cleared each time, and few broadcasts come here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int SearchArguments(in RoutedMessage message, List<Connection> receivers) => rules.CollectArguments(message.Arguments, receivers);

    private int Search(in RoutedMessage message, List<Connection> receivers)
    {
        MatchSubject subject = subjects.Make(message, null);
        if (message.Known is not { } known)
        {
            return rules.Collect(subject, receivers);
        }

        known.Matches ??= new MatchMemory<Connection>();
        return rules.Collect(subject, receivers, known.Matches, subjects.NamesGeneration);
    }

    /// <summary>What one broadcast needs while it is sent.</summary>
    private sealed class Round
    {
        /// <summary>Of a message that is copied in one piece to its receivers. Longer ones are rare, or referred to.</summary>
        private const int MaxJoined = 1024;

        private readonly byte[] _joined = new byte[MaxJoined];

        internal List<Connection> Receivers { get; } = [];

        /// <summary>The same message with its body behind its header, if it is short.</summary>
        internal OutgoingMessage Join(OutgoingMessage message)
        {
            if (message.Length > MaxJoined)
            {
                return message;
            }

            message.Header.CopyTo(_joined);
            message.Body.CopyTo(_joined.AsSpan(message.Header.Length));
            return new OutgoingMessage(_joined.AsSpan(0, message.Length), default, null, 0);
        }
    }
}
