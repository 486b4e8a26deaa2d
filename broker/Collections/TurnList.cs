namespace XcpBroker.Collections;

/// <summary>What is to be done at a later point of a turn: a ring that is filled while what it held before is gone through.</summary>
/// <remarks>Bus loop only. Nothing is allocated once it has grown to what turns need.</remarks>
/// <typeparam name="T">The items.</typeparam>
internal sealed class TurnList<T>
    where T : class
{
    // A struct around the item: stores into arrays of a class check its type each time.
    private Place[] _places = new Place[8];
    private int _head;
    private int _held;

    /// <summary>Items that the next <see cref="Run"/> goes through.</summary>
    internal int Count { get; private set; }

    internal void Add(T item)
    {
        if (_held == _places.Length)
        {
            Grow();
        }

        _places[(_head + _held++) & (_places.Length - 1)].Item = item;
        Count++;
    }

    /// <summary>Goes through what waits now. What is added meanwhile waits for the next time.</summary>
    internal void Run(Action<T> action)
    {
        int left = Count;
        Count = 0;
        while (left-- > 0)
        {
            ref Place first = ref _places[_head];
            T item = first.Item!;
            first.Item = null;
            _head = (_head + 1) & (_places.Length - 1);
            _held--;
            action(item);
        }
    }

    private void Grow()
    {
        Place[] larger = new Place[_places.Length * 2];
        int untilEnd = _places.Length - _head;
        Array.Copy(_places, _head, larger, 0, untilEnd);
        Array.Copy(_places, 0, larger, untilEnd, _head);
        _places = larger;
        _head = 0;
    }

    private struct Place
    {
        internal T? Item;
    }
}
