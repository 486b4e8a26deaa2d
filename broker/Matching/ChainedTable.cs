using System.Runtime.CompilerServices;

namespace XcpBroker.Matching;

/// <summary>What can stand in one <see cref="ChainedTable{TItem}"/>. It carries its own hash and link, so the table costs a word an item.</summary>
internal abstract class Chained<TItem>(uint hash)
    where TItem : Chained<TItem>
{
    internal uint Hash { get; } = hash;

    /// <summary>The next of the same bucket; its hash may differ.</summary>
    internal TItem? NextInChain { get; set; }
}

/// <summary>A hash table whose user compares the keys, because an item's key is a part of the item.</summary>
internal sealed class ChainedTable<TItem>
    where TItem : Chained<TItem>
{
    private const int InitialBuckets = 16;

    private TItem?[] _buckets = new TItem?[InitialBuckets];

    internal int Count { get; private set; }

    /// <summary>Where to begin to look for items of that hash; go on with <see cref="Chained{TItem}.NextInChain"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TItem? ChainOf(uint hash)
    {
        TItem?[] buckets = _buckets;
        return buckets[hash & (uint)(buckets.Length - 1)];
    }

    internal void Add(TItem item)
    {
        if (Count == _buckets.Length)
        {
            Grow();
        }

        Count++;
        Link(_buckets, item);
    }

    internal void Remove(TItem item)
    {
        ref TItem? bucket = ref BucketOf(_buckets, item);
        if (bucket == item)
        {
            bucket = item.NextInChain;
        }
        else
        {
            TItem before = bucket!;
            while (before.NextInChain != item)
            {
                before = before.NextInChain!;
            }

            before.NextInChain = item.NextInChain;
        }

        item.NextInChain = null;
        Count--;
    }

    private static ref TItem? BucketOf(TItem?[] buckets, TItem item) => ref buckets[item.Hash & (uint)(buckets.Length - 1)];

    private static void Link(TItem?[] buckets, TItem item)
    {
        ref TItem? bucket = ref BucketOf(buckets, item);
        item.NextInChain = bucket;
        bucket = item;
    }

    private void Grow()
    {
        TItem?[] buckets = new TItem?[_buckets.Length * 2];
        foreach (TItem? first in _buckets)
        {
            for (TItem? item = first; item is not null;)
            {
                TItem? next = item.NextInChain;
                Link(buckets, item);
                item = next;
            }
        }

        _buckets = buckets;
    }
}
