using System.Runtime.CompilerServices;
using XcpBroker.Collections;

namespace XcpBroker.Matching;

/// <summary>One receiver's having one rule, some number of times. It stands in the node's array and in the receiver's list.</summary>
internal sealed class Subscription<T>(MatchNode<T> node, ReceiverRules<T> owner, uint hash) : Chained<Subscription<T>>(hash)
    where T : class
{
    private ListLinks<Subscription<T>> _inOwner;

    internal MatchNode<T> Node { get; } = node;

    internal ReceiverRules<T> Owner { get; } = owner;

    internal int Times { get; set; }

    /// <summary>Index in the node's array.</summary>
    internal int Position { get; set; }

    /// <summary>The owner's next one.</summary>
    internal Subscription<T>? Later => _inOwner.Next;

    internal readonly struct OwnerLinks : ILinksOf<Subscription<T>>
    {
        public static ref ListLinks<Subscription<T>> In(Subscription<T> item) => ref item._inOwner;
    }
}

/// <summary>One entry of a node's array: the subscription, and beside it what a walk needs, so that it need not look into the subscription.</summary>
internal readonly record struct NodeReceiver<T>(ReceiverRules<T> Owner, Subscription<T> Subscription)
    where T : class;

/// <summary>The rules of one receiver, in the order in which it added them first.</summary>
internal sealed class ReceiverRules<T>(T receiver)
    where T : class
{
    private IntrusiveList<Subscription<T>, Subscription<T>.OwnerLinks> _subscriptions;

    internal T Receiver { get; } = receiver;

    /// <summary>Number of the message for which the receiver was found last.</summary>
    internal ulong FoundFor { get; set; }

    /// <summary>Each rule counts as often as it was added.</summary>
    internal int Count { get; private set; }

    internal int PeakCount { get; private set; }

    internal Subscription<T>? First => _subscriptions.First;

    internal void CountOneMore() => PeakCount = Math.Max(PeakCount, ++Count);

    internal void CountFewer(int times) => Count -= times;

    internal void Append(Subscription<T> subscription) => _subscriptions.AddLast(subscription);

    internal void Remove(Subscription<T> subscription) => _subscriptions.Remove(subscription);
}

/// <summary>Finds the subscription of a receiver to a node.</summary>
internal sealed class SubscriptionTable<T>
    where T : class
{
    private readonly ChainedTable<Subscription<T>> _subscriptions = new();

    internal int Count => _subscriptions.Count;

    internal Subscription<T>? Find(MatchNode<T> node, ReceiverRules<T> owner)
    {
        uint hash = HashOf(node, owner);
        Subscription<T>? subscription = _subscriptions.ChainOf(hash);
        while (subscription is not null && (subscription.Node != node || subscription.Owner != owner))
        {
            subscription = subscription.NextInChain;
        }

        return subscription;
    }

    internal Subscription<T> Add(MatchNode<T> node, ReceiverRules<T> owner)
    {
        Subscription<T> subscription = new(node, owner, HashOf(node, owner));
        _subscriptions.Add(subscription);
        return subscription;
    }

    internal void Remove(Subscription<T> subscription) => _subscriptions.Remove(subscription);

    private static uint HashOf(MatchNode<T> node, ReceiverRules<T> owner)
    {
        uint hash = (node.Hash ^ (uint)RuntimeHelpers.GetHashCode(owner)) * 0x9E3779B1;
        return hash ^ (hash >> 15);
    }
}
