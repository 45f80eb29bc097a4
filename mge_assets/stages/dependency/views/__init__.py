"""The graph for people and for other programs: views, pictures, figures and exports."""
