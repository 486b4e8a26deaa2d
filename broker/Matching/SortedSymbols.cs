namespace XcpBroker.Matching;

/// <summary>Different symbols in the order of their bytes. Adding and removing moves one short run only, however many there are.</summary>
internal sealed class SortedSymbols
{
    private const int MaxRun = 256;

    private readonly List<Run> _runs = [];

    internal void Add(Symbol symbol)
    {
        if (_runs.Count == 0)
        {
            _runs.Add(new Run([symbol]));
            return;
        }

        int index = Math.Min(RunOf(symbol.Bytes), _runs.Count - 1);
        Run run = _runs[index];
        run.Insert(run.PositionOf(symbol.Bytes), symbol);
        if (run.Count > MaxRun)
        {
            _runs.Insert(index + 1, run.SplitOff());
        }
    }

    internal void Remove(Symbol symbol)
    {
        int index = RunOf(symbol.Bytes);
        Run run = _runs[index];
        run.RemoveAt(run.PositionOf(symbol.Bytes));
        if (run.Count == 0)
        {
            _runs.RemoveAt(index);
        }
    }

    /// <summary>Appends all that begin with the prefix and are longer.</summary>
    internal void CollectBelow(ReadOnlySpan<byte> prefix, List<Symbol> found)
    {
        int index = RunOf(prefix);
        int position = index < _runs.Count ? _runs[index].PositionOf(prefix) : 0;
        for (; index < _runs.Count; index++, position = 0)
        {
            foreach (Symbol symbol in _runs[index].From(position))
            {
                if (!symbol.Bytes.StartsWith(prefix))
                {
                    return;
                }

                if (symbol.Bytes.Length > prefix.Length)
                {
                    found.Add(symbol);
                }
            }
        }
    }

    /// <summary>Index of the first run whose last symbol is not below the bytes; the number of runs if there is none.</summary>
    private int RunOf(ReadOnlySpan<byte> bytes)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runs[middle].Last.Bytes.SequenceCompareTo(bytes) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private sealed class Run
    {
        private Symbol[] _symbols;

        internal Run(Symbol[] symbols)
        {
            _symbols = symbols;
            Count = symbols.Length;
        }

        internal int Count { get; private set; }

        internal Symbol Last => _symbols[Count - 1];

        internal ReadOnlySpan<Symbol> From(int position) => _symbols.AsSpan(position, Count - position);

        /// <summary>Index of the first symbol that is not below the bytes.</summary>
        internal int PositionOf(ReadOnlySpan<byte> bytes)
        {
            int low = 0;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (_symbols[middle].Bytes.SequenceCompareTo(bytes) < 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        internal void Insert(int position, Symbol symbol)
        {
            if (Count == _symbols.Length)
            {
                Array.Resize(ref _symbols, Count * 2);
            }

            _symbols.AsSpan(position, Count - position).CopyTo(_symbols.AsSpan(position + 1));
            _symbols[position] = symbol;
            Count++;
        }

        internal void RemoveAt(int position)
        {
            _symbols.AsSpan(position + 1, Count - position - 1).CopyTo(_symbols.AsSpan(position));
            _symbols[--Count] = null!; // beyond Count nothing is read
        }

        /// <summary>Takes the upper half out.</summary>
        internal Run SplitOff()
        {
            int half = Count / 2;
            Run upper = new(_symbols.AsSpan(half, Count - half).ToArray());
            _symbols = _symbols.AsSpan(0, half).ToArray();
            Count = half;
            return upper;
        }
    }
}
