namespace XcpBroker.Collections;

/// <summary>A doubly linked list whose links lie in its items: adding allocates nothing, and an item is removed without a search.</summary>
/// <typeparam name="T">The items; each stands in one list per pair of links that it has.</typeparam>
/// <typeparam name="TLinks">Says which pair of links is this list's.</typeparam>
internal struct IntrusiveList<T, TLinks>
    where T : class
    where TLinks : ILinksOf<T>
{
    internal T? First { get; private set; }

    internal T? Last { get; private set; }

    internal void AddFirst(T item)
    {
        TLinks.In(item).Next = First;
        if (First is { } second)
        {
            TLinks.In(second).Previous = item;
        }

        First = item;
        Last ??= item;
    }

    internal void AddLast(T item)
    {
        TLinks.In(item).Previous = Last;
        if (Last is { } previous)
        {
            TLinks.In(previous).Next = item;
        }

        Last = item;
        First ??= item;
    }

    /// <param name="item">One of this list.</param>
    internal void Remove(T item)
    {
        ref ListLinks<T> links = ref TLinks.In(item);
        if (links.Previous is { } previous)
        {
            TLinks.In(previous).Next = links.Next;
        }
        else
        {
            First = links.Next;
        }

        if (links.Next is { } next)
        {
            TLinks.In(next).Previous = links.Previous;
        }
        else
        {
            Last = links.Previous;
        }

        links = default;
    }
}

/// <summary>The neighbours of an item in one list; null at its ends, and in none.</summary>
internal struct ListLinks<T>
    where T : class
{
    internal T? Previous;
    internal T? Next;
}

/// <summary>Where an item has the links of one list.</summary>
internal interface ILinksOf<T>
    where T : class
{
    static abstract ref ListLinks<T> In(T item);
}
