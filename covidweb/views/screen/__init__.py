"""The Screen page, part by part: each module draws one panel, `worklist` holds the films."""
